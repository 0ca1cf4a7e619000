package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code bin/unibus-cluster}: a cluster for trying it out. */
final class ClusterScriptIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int USAGE = 2;
    private static final int UNAVAILABLE = 69;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final LoopbackNetwork network = LoopbackNetwork.unused(new Random());

    @Test
    void nodesAreStartedKilledStoppedAndStartedAgain() {
        Unibus.Result up = cluster("up");
        assertThat(up.exitCode()).as(up.errors()).isZero();
        assertThat(up.output()).contains("node1: node ready", "node2: node ready", "node3: node ready");
        assertThat(isReady(3)).isTrue();

        assertThat(cluster("kill", "3", "--host").output()).contains("killed node3");
        assertThat(Proc.serversOf(data(3))).isEmpty();
        assertThat(cluster("status").output()).contains("node1 runs, pid ", "node3 does not run", "UNIBUS_rooms");
        assertThat(cluster("stop", "2").exitCode()).isZero();
        assertThat(cluster("start", "3").exitCode()).as("two of three").isZero();
        assertThat(cluster("up").output()).contains("node1 runs already", "node2: node ready");

        Unibus.Result down = cluster("down");
        assertThat(down.exitCode()).as(down.errors()).isZero();
        assertThat(down.output()).contains("rm -r ");
        assertThat(data(1)).exists();
    }

    @Test
    void badInputIsRefusedWithTheUsage() {
        for (List<String> bad : List.of(
                List.<String>of(),
                List.of("upp"),
                List.of("kill"),
                List.of("kill", "4"),
                List.of("kill", "1", "--hard"),
                List.of("up", "1"),
                List.of("status", "1"),
                List.of("stop", "1", "2"))) {
            Unibus.Result refused = cluster(bad.toArray(String[]::new));
            assertThat(refused.exitCode()).as("exit code of %s", bad).isEqualTo(USAGE);
            assertThat(refused.errors()).contains("usage: ");
        }
        assertThat(cluster("status").exitCode()).as("nothing runs").isEqualTo(UNAVAILABLE);
        assertThat(cluster("kill", "1").output()).contains("node1 does not run");
    }

    private boolean isReady(int node) {
        return Http.isReady(URI.create("http://" + network.host(node) + ":" + ClusterNetwork.HTTP_PORT));
    }

    private Path data(int node) {
        return scenario.directory("try").resolve("node" + node).resolve("data");
    }

    private Unibus.Result cluster(String... arguments) {
        ProcessBuilder builder = scenario.unibus().builder(List.of(arguments));
        builder.command().set(0, Unibus.root().resolve("bin/unibus-cluster").toString());
        builder.environment()
                .put("UNIBUS_CLUSTER_DIR", scenario.directory("try").toString());
        builder.environment().put("UNIBUS_CLUSTER_NETWORK", network.host(1).replaceAll("\\.1$", ""));
        return scenario.unibus().run(builder, LIMIT);
    }
}
