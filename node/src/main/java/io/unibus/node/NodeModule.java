package io.unibus.node;

import dagger.Module;
import dagger.Provides;
import io.unibus.embeddednats.StateListener;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.bus.Bus;
import io.unibus.node.cluster.ClusterKeeper;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.StoreKind;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.host.NodeInfo;
import io.unibus.node.tls.NodeTls;
import io.unibus.store.Store;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.inject.Singleton;

/** How the parts are made that do not say so themselves, and the world outside: clock and randomness. */
@Module
final class NodeModule {
    private NodeModule() {}

    @Provides
    @Singleton
    static Store store(NodeConfig config, Bus bus) {
        return config.store() == StoreKind.KV
                ? NodeStore.openReplicated(
                        bus::controlConnection, config.name(), config.opTimeout(), config.maxStaleness())
                : NodeStore.open(config.dataDir(), config.opTimeout());
    }

    @Provides
    @Singleton
    static Optional<ClusterKeeper> clusterKeeper(NodeConfig config, NodeInfo info, Bus bus, InstantSource clock) {
        return config.store() == StoreKind.KV
                ? Optional.of(new ClusterKeeper(config, info, bus, clock))
                : Optional.empty();
    }

    @Provides
    @Singleton
    static Bus bus(
            NodeConfig config,
            NodeTls tls,
            SecureRandom random,
            InstantSource clock,
            LongSupplier nanoTime,
            StateListener childListener,
            DenialCounter denials) {
        return new Bus(config, tls, random, clock, nanoTime, childListener, denials);
    }

    @Provides
    @Singleton
    static ControlPlane controlPlane(
            Store store,
            InstantSource clock,
            LongSupplier nanoTime,
            SecureRandom random,
            NodeConfig config,
            DenialCounter denials,
            AuditLog auditLog) {
        return new ControlPlane(
                store, clock, nanoTime, random, config.opTimeout(), config.busAuth(), denials, auditLog);
    }

    @Provides
    @Singleton
    static AuditLog auditLog(NodeConfig config, InstantSource clock) {
        return AuditLog.ofNode(config.dataDir(), config.name(), clock);
    }

    @Provides
    @Singleton
    static NodeTls tls(NodeConfig config, InstantSource clock) {
        return new NodeTls(config, clock);
    }

    @Provides
    static InstantSource clock() {
        return Clock.systemUTC();
    }

    @Provides
    static LongSupplier nanoTime() {
        return System::nanoTime;
    }

    @Provides
    @Singleton
    static SecureRandom random() {
        return new SecureRandom();
    }
}
