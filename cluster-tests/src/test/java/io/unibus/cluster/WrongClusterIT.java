package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node that does not fit is told so in its log, soon and in words. */
final class WrongClusterIT {
    private static final Duration DIAGNOSIS_LIMIT = Duration.ofSeconds(10);

    /** Until its server runs, and can meet the others. */
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aNodeWithAnotherClusterKeyIsToldSo() {
        Cluster cluster = readyPair();
        cluster.node(3)
                .option("--cluster-key", Cluster.makeKey(scenario, "other.key").toString())
                .start();
        awaitDiagnosis(cluster.node(3), "--cluster-key");
        endUnready(cluster.node(3));
    }

    @Test
    void aNodeOfAnotherClusterNameIsToldSo() {
        Cluster cluster = readyPair();
        cluster.node(3).option("--cluster-name", "elsewhere").start();
        awaitDiagnosis(cluster.node(3), "--cluster-name");
        endUnready(cluster.node(3));
    }

    @Test
    void twoNodesOfOneNameAreToldSo() {
        Cluster cluster = readyPair();
        cluster.node(3).option("--name", cluster.node(2).name()).start();
        awaitDiagnosis(cluster.node(3), "--name");
        endUnready(cluster.node(3));
    }

    @Test
    void aStoreThatWasRunAloneDoesNotJoin() {
        Cluster cluster = scenario.aCluster().withNodes(3).prepare();
        ClusterNode alone = cluster.node(3);
        NodeProcess first = scenario.aNode()
                .in(alone.dataDirectory())
                .named("alone")
                .with("--store", "kv", "--name", alone.name())
                .start();
        first.awaitReady(ClusterNode.START_LIMIT);
        first.stop();

        alone.start();
        assertThat(alone.process().awaitExit(Duration.ofSeconds(20))).isEqualTo(78);
        assertThat(alone.log()).contains("alone");
    }

    /** Two of three: enough for a cluster to be met, although a new one waits for its third node. */
    private Cluster readyPair() {
        scenario.expectError("nats-server");
        scenario.expectError("ClusterTroubles"); // the diagnosis
        Cluster cluster = scenario.aCluster().withNodes(3).prepare();
        cluster.node(1).start();
        cluster.node(2).start();
        return cluster;
    }

    private static void awaitDiagnosis(ClusterNode node, String word) {
        Await.until("the server of " + node, START_LIMIT, () -> node.log().contains("nats-server"));
        Duration time = Await.until(
                "a diagnosis with " + word, DIAGNOSIS_LIMIT, () -> node.log().contains(word));
        System.out.printf(
                "WrongClusterIT: %d ms after the first word of its server: %s%n",
                time.toMillis(), lineWith(node, word));
    }

    private static String lineWith(ClusterNode node, String word) {
        return node.log()
                .lines()
                .filter(line -> line.contains(word))
                .findFirst()
                .orElse("");
    }

    /** It may have ended by itself, with a reason. */
    private static void endUnready(ClusterNode node) {
        assertThat(node.process().isReady()).isFalse();
        if (node.isRunning()) {
            node.process().terminate();
        }
        node.process().awaitExit(NodeProcess.STOP_LIMIT);
    }
}
