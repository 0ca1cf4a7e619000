package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The number of replicas changes in place, with records in the buckets and under writes. */
final class ReplicaGrowthIT {
    private static final int CLIENTS = 3;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();

    @Test
    void oneReplicaBecomesThreeWithoutALoss() {
        changeReplicas(3, Settings.records(), 1, 3);
    }

    @Test
    void threeBecomeFiveAndThreeAgain() {
        changeReplicas(5, Settings.records() / 10, 3, 5, 3);
    }

    private void changeReplicas(int nodes, int records, int first, int... next) {
        Cluster cluster = scenario.aCluster()
                .withNodes(nodes)
                .with("--replicas", Integer.toString(first))
                .start()
                .awaitReady();
        Population population = Population.of(records, random);
        long begin = System.nanoTime();
        population.settleIn(cluster, scenario);
        report(population.count() + " records imported", begin);
        Map<Bucket, ReplicaContent> before = contents(cluster, first);
        int replicas = first;
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            population.users().forEach(user -> workload.users().added(user, true));
            for (int count : next) {
                grow(cluster, count);
                replicas = count;
            }
            Await.pause(Duration.ofSeconds(1));
            workload.stop();
            assertThat(Judge.violations(workload)).isEmpty();
        }
        cluster.nodes().forEach(population::requireRooms);
        Map<Bucket, ReplicaContent> after = contents(cluster, replicas);
        before.forEach((bucket, content) -> assertThat(
                        content.missingIn(Optional.ofNullable(after.get(bucket)).orElseThrow()))
                .as("records of %s that were lost or changed", bucket)
                .isEmpty());
    }

    /** Requires that all replicas are equal. */
    private static Map<Bucket, ReplicaContent> contents(Cluster cluster, int count) {
        long begin = System.nanoTime();
        Map<Bucket, ReplicaContent> contents = new EnumMap<>(Bucket.class);
        try (Replicas replicas = Replicas.of(cluster)) {
            for (Bucket bucket : Bucket.values()) {
                contents.put(bucket, replicas.awaitEqual(bucket, count));
            }
        }
        report("all replicas read", begin);
        return contents;
    }

    /** By a rolling restart, as an operator does it. */
    private static void grow(Cluster cluster, int replicas) {
        long begin = System.nanoTime();
        for (ClusterNode node : cluster.nodes()) {
            node.stop();
            node.option("--replicas", Integer.toString(replicas)).restart();
            cluster.awaitRecovered();
        }
        long restarted = System.nanoTime();
        cluster.awaitReplicas(replicas);
        report("rolling restart to " + replicas + " replicas", begin);
        report("  of which after the last restart", restarted);
    }

    private static void report(String what, long begin) {
        System.out.printf("ReplicaGrowthIT: %s: %d ms%n", what, (System.nanoTime() - begin) / 1_000_000);
    }
}
