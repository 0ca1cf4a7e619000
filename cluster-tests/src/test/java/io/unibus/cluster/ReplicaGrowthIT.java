package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.protocol.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The number of replicas changes in place, with records in the buckets and under writes. */
final class ReplicaGrowthIT {
    private static final int CLIENTS = 3;
    private static final int LOADERS = 16;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final List<Loader> loaders = new ArrayList<>();

    @Test
    void oneReplicaBecomesThreeWithoutALoss() {
        Cluster cluster =
                scenario.aCluster().withNodes(3).with("--replicas", "1").start().awaitReady();
        load(cluster, Settings.records());
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            grow(cluster, 3);
            finish(workload);
        }
    }

    @Test
    void threeBecomeFiveAndThreeAgain() {
        Cluster cluster =
                scenario.aCluster().withNodes(5).with("--replicas", "3").start().awaitReady();
        load(cluster, Settings.records() / 10);
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            grow(cluster, 5);
            grow(cluster, 3);
            finish(workload);
        }
    }

    private void load(Cluster cluster, int count) {
        long begin = System.nanoTime();
        AtomicInteger next = new AtomicInteger();
        try (Workers threads = new Workers()) {
            for (int i = 0; i < LOADERS; i++) {
                Loader loader = new Loader(cluster, new Random(random.nextLong()), next, count);
                loaders.add(loader);
                threads.begin(loader);
            }
            threads.awaitEnd(Duration.ofSeconds(60L + count / 20));
        }
        report(count + " records written", begin);
    }

    /** Makes rooms with a sealed key each. */
    private static final class Loader implements Runnable {
        private final Identity owner;
        private final Random random;
        private final AtomicInteger next;
        private final int count;
        private final ClusterClient client;
        private final Ledgers rooms = new Ledgers();
        private final Set<RoomId> acknowledged = new HashSet<>();
        private final Set<RoomId> possible = new HashSet<>();

        Loader(Cluster cluster, Random random, AtomicInteger next, int count) {
            this.owner = Identity.generate(Randoms.secure(random));
            this.random = random;
            this.next = next;
            this.count = count;
            int first = 1 + random.nextInt(cluster.size());
            this.client = new ClusterClient(cluster.urls(), owner, first, Duration.ofSeconds(20), new History());
        }

        @Override
        public void run() {
            RoomWriter writer = new RoomWriter(client, rooms, random);
            while (next.getAndIncrement() < count) {
                RoomId id = writer.freshId();
                possible.add(id);
                if (writer.create(id, Optional.empty())) {
                    acknowledged.add(id);
                }
            }
        }

        void check(ClusterNode node) {
            Set<RoomId> found = new NodeView(node.url(), List.of(owner)).roomsOf(owner.endpoint());
            assertThat(found).as("rooms that %s shows", node).containsAll(acknowledged);
            assertThat(possible).as("rooms that were made").containsAll(found);
        }

        void checkKeys(ClusterNode node) {
            rooms.check(new NodeView(node.url(), List.of(owner)), List.of(owner.endpoint()));
        }
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

    private void finish(Workload workload) {
        Await.pause(Duration.ofSeconds(1));
        workload.stop();
        assertThat(Judge.violations(workload)).isEmpty();
        loaders.forEach(loader -> workload.cluster().nodes().forEach(loader::check));
        loaders.forEach(loader -> loader.checkKeys(workload.cluster().node(1)));
    }

    private static void report(String what, long begin) {
        System.out.printf("ReplicaGrowthIT: %s: %d ms%n", what, (System.nanoTime() - begin) / 1_000_000);
    }
}
