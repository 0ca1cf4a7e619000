package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import io.unibus.store.StoreUnusableException;
import io.unibus.store.jetstream.Bucket;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class BootstrapIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final PeerProbes probes = new PeerProbes(Optional::empty);
    private TestCluster cluster;

    BootstrapIT() throws IOException {
        cluster = new TestCluster(3);
    }

    @AfterEach
    void end() throws IOException {
        probes.close();
        cluster.close();
    }

    private Bootstrap bootstrap(int index) throws IOException, InterruptedException {
        return new Bootstrap(
                TestCluster.name(index),
                cluster.control(index),
                new ServerQueries(cluster.system(index), "CONTROL"),
                probes,
                cluster.peers(),
                InstantSource.system());
    }

    private CompletableFuture<Bootstrap.Opened> opening(int index) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        cluster.start(index);
                        return bootstrap(index).open(3, LIMIT);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                work -> new Thread(work, "open-" + index).start());
    }

    private void assertWhole() throws IOException, InterruptedException {
        JetStreamBuckets buckets = new JetStreamBuckets(cluster.control(0), "test");
        for (Bucket bucket : Bucket.values()) {
            assertThat(buckets.look(bucket)).isInstanceOfSatisfying(Answer.Found.class, found -> {
                assertThat(found.status().isWholeAt(3)).as("%s", found).isTrue();
                assertThat(found.status().republishes()).isTrue();
            });
        }
        assertThat(buckets.isFormed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"012", "210", "102"})
    void threeColdNodesOpenInEveryOrder(String order) throws Exception {
        List<CompletableFuture<Bootstrap.Opened>> openings = new ArrayList<>();
        for (int i = 0; i < order.length(); i++) {
            openings.add(opening(order.charAt(i) - '0'));
        }
        for (CompletableFuture<Bootstrap.Opened> opening : openings) {
            assertThat(opening.join().replicas()).isEqualTo(3);
        }
        assertWhole();
    }

    @Test
    void twoNodesWaitForTheThirdOfANewCluster() throws Exception {
        CompletableFuture<Bootstrap.Opened> first = opening(0);
        CompletableFuture<Bootstrap.Opened> second = opening(1);
        TestCluster.await("bucket with one replica", Duration.ofSeconds(20), () -> replicas(0, Bucket.USERS) == 1);
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();

        CompletableFuture<Bootstrap.Opened> third = opening(2);

        assertThat(first.join().replicas()).isEqualTo(3);
        assertThat(third.join().replicas()).isEqualTo(3);
        second.join();
        assertWhole();
    }

    private int replicas(int index, Bucket bucket) {
        try {
            return new JetStreamBuckets(cluster.control(index), "test").look(bucket) instanceof Answer.Found found
                    ? found.status().replicas()
                    : 0;
        } catch (IOException | InterruptedException | IllegalStateException e) {
            return 0;
        }
    }

    @Test
    void oneNodeAloneSaysAtTheLimitWhomItWaitsFor() throws Exception {
        cluster.start(0);
        Bootstrap alone = bootstrap(0);
        assertThatThrownBy(() -> alone.open(3, Duration.ofSeconds(3)))
                .isInstanceOf(BootstrapException.class)
                .hasMessageMatching("the store did not open within 3 s: bucket UNIBUS_rooms is not open: .*")
                .hasMessageEndingWith("peers not connected: %s refuses connections, %s refuses connections"
                        .formatted(cluster.address(1), cluster.address(2)));
    }

    @Test
    void aFormedClusterOpensAgainWithOneNodeMissing() throws Exception {
        List<CompletableFuture<Bootstrap.Opened>> openings = List.of(opening(0), opening(1), opening(2));
        openings.forEach(CompletableFuture::join);
        for (int i = 0; i < 3; i++) {
            cluster.stop(i);
        }
        CompletableFuture<Bootstrap.Opened> first = opening(0);
        CompletableFuture<Bootstrap.Opened> second = opening(1);
        assertThat(first.join().replicas()).isEqualTo(3);
        assertThat(second.join().replicas()).isEqualTo(3);
    }

    @Test
    void oneServerWithoutAClusterOpensWithOneReplica() throws Exception {
        cluster.close();
        cluster = TestCluster.started(1);
        ServerQueries queries = new ServerQueries(cluster.system(0), "CONTROL");
        Bootstrap bootstrap =
                new Bootstrap("n1", cluster.control(0), queries, probes, List.of(), InstantSource.system());

        Bootstrap.Opened opened = bootstrap.open(1, LIMIT);

        assertThat(opened.replicas()).isEqualTo(1);
        ClusterState state = ClusterState.of(Instant.EPOCH, queries.reports(), 1);
        assertThat(state.degraded()).isEmpty();
        assertThat(state.replicas()).isEqualTo(1);
        assertThat(state.tolerance()).isZero();
        assertThat(bootstrap.open(1, LIMIT).replicas()).isEqualTo(1);
    }

    @Test
    void bucketsOfAnEarlierBuildAreRefusedAndLeftAsTheyAre() throws Exception {
        cluster.close();
        cluster = TestCluster.started(1);
        StreamConfiguration earlier = StreamConfiguration.builder(Bucket.ROOMS.configuration(1))
                .allowAtomicPublish(false)
                .build();
        JetStreamManagement management = cluster.control(0).connection().jetStreamManagement();
        management.addStream(earlier);
        ServerQueries queries = new ServerQueries(cluster.system(0), "CONTROL");
        Bootstrap bootstrap =
                new Bootstrap("n1", cluster.control(0), queries, probes, List.of(), InstantSource.system());

        assertThatThrownBy(() -> bootstrap.open(1, LIMIT))
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining("bucket UNIBUS_rooms was made by an earlier build")
                .hasMessageContaining("unibus snapshot export");

        assertThat(management.getStreamNames()).containsExactly(Bucket.ROOMS.stream());
        assertThat(management
                        .getStreamInfo(Bucket.ROOMS.stream())
                        .getConfiguration()
                        .getAllowAtomicPublish())
                .isFalse();
    }

    @Test
    void raisingReplicasLeavesBatchesAllowed() throws Exception {
        for (CompletableFuture<Bootstrap.Opened> opening : List.of(opening(0), opening(1), opening(2))) {
            opening.join();
        }
        JetStreamBuckets buckets = new JetStreamBuckets(cluster.control(0), "test");
        for (int replicas : List.of(1, 3)) {
            TestCluster.await(
                    replicas + " replicas",
                    Duration.ofSeconds(20),
                    () -> buckets.configure(Bucket.ROOMS, replicas) instanceof Answer.Found);
        }
        assertThat(cluster.control(0)
                        .connection()
                        .jetStreamManagement()
                        .getStreamInfo(Bucket.ROOMS.stream())
                        .getConfiguration()
                        .getAllowAtomicPublish())
                .isTrue();
    }
}
