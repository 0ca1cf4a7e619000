package io.unibus.node;

import dagger.BindsInstance;
import dagger.Component;
import io.unibus.embeddednats.StateListener;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.bus.Bus;
import io.unibus.node.cluster.ClusterKeeper;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.host.NodeInfo;
import io.unibus.node.http.HttpServer;
import io.unibus.node.tls.NodeTls;
import io.unibus.store.Store;
import java.util.Optional;
import javax.inject.Singleton;

/** What a node consists of. Each part is made when first asked for, and started by {@link Node}. */
@Singleton
@Component(modules = NodeModule.class)
interface NodeComponent {
    Bus bus();

    NodeTls tls();

    Optional<ClusterKeeper> clusterKeeper();

    Store store();

    AuditLog auditLog();

    ControlPlane controlPlane();

    HttpServer httpServer();

    @Component.Factory
    interface Factory {
        /** @param childListener hears of every change of the nats-server child's state */
        NodeComponent create(
                @BindsInstance NodeConfig config,
                @BindsInstance NodeInfo info,
                @BindsInstance StateListener childListener);
    }
}
