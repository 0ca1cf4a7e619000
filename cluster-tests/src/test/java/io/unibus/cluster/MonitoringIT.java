package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.JsonObject;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What nats-server shows of itself when it is debugged, and that it shows nothing otherwise. */
final class MonitoringIT {
    private static final String LOOPBACK = "0100007F:"; // 127.0.0.1 as the kernel writes it

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void whenDebuggedItAnswersOnLoopbackAndShowsOneRouteForEachPeer() {
        Cluster cluster = scenario.aCluster()
                .withNodes(3)
                .environment("UNIBUS_NATS_DEBUG", "1")
                .start()
                .awaitReady();
        for (ClusterNode node : cluster.nodes()) {
            URI monitoring = monitoringOf(node);
            assertThat(monitoring.getHost()).isEqualTo("127.0.0.1");
            assertThat(portsOf(node)).contains(LOOPBACK + "%04X".formatted(monitoring.getPort()));
            assertThat(Http.get(monitoring, "/varz")
                            .json()
                            .object("cluster")
                            .orElseThrow()
                            .requiredLong("pool_size"))
                    .isEqualTo(-1);
            assertThat(peersOf(monitoring))
                    .as("routes of %s", node)
                    .containsExactlyInAnyOrderElementsOf(
                            cluster.others(node).stream().map(ClusterNode::name).toList());
        }
    }

    @Test
    void otherwiseItsMonitoringIsClosed() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        for (ClusterNode node : cluster.nodes()) {
            assertThat(Http.get(node.url(), "/status")
                            .json()
                            .object("nats")
                            .orElseThrow()
                            .string("monitoring"))
                    .isEmpty();
            assertThat(portsOf(node))
                    .as("listening sockets of the server of %s: for peers and for nodes", node)
                    .hasSize(2)
                    .noneMatch(address -> address.startsWith(LOOPBACK));
        }
    }

    private static URI monitoringOf(ClusterNode node) {
        return URI.create(Http.get(node.url(), "/status")
                .json()
                .object("nats")
                .orElseThrow()
                .requiredString("monitoring"));
    }

    private static List<String> portsOf(ClusterNode node) {
        return node.process().child().listeningAddresses();
    }

    private static List<String> peersOf(URI monitoring) {
        List<String> names = new ArrayList<>();
        for (JsonObject route : Http.get(monitoring, "/routez").json().objects("routes")) {
            names.add(route.requiredString("remote_name"));
        }
        return names;
    }
}
