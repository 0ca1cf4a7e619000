package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.jetstream.Bucket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class WatchIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final List<AutoCloseable> closers = new ArrayList<>();
    private final PeerProbes probes = new PeerProbes(Optional::empty);
    private final TestCluster cluster;

    WatchIT() throws IOException {
        cluster = new TestCluster(3);
    }

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable closer : closers) {
            closer.close();
        }
        probes.close();
        cluster.close();
    }

    private Reach probe(Peer peer) {
        try {
            return probes.probe(List.of(peer)).get(0);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Heartbeats heartbeats(int index, String name, String instance, String version, Duration clockOffset)
            throws Exception {
        Instant now = Instant.now();
        Heartbeats heartbeats = new Heartbeats(
                cluster.control(index),
                () -> new Heartbeat(
                        name, instance, version, 3, Instant.now().plus(clockOffset), "http://" + name, "", "off", now),
                InstantSource.system());
        closers.add(heartbeats);
        heartbeats.start();
        return heartbeats;
    }

    private ReplicaKeeper keeper(int index) throws Exception {
        ReplicaKeeper keeper = new ReplicaKeeper(
                TestCluster.name(index),
                3,
                new ServerQueries(cluster.system(index), "CONTROL"),
                cluster.control(index),
                heartbeats(index, TestCluster.name(index), "i" + index, "1", Duration.ZERO),
                InstantSource.system());
        closers.add(keeper);
        keeper.start();
        return keeper;
    }

    private void createBuckets(int replicas) throws Exception {
        JetStreamBuckets buckets = new JetStreamBuckets(cluster.control(0), "n1");
        for (Bucket bucket : Bucket.values()) {
            TestCluster.await(
                    "bucket " + bucket, LIMIT, () -> buckets.create(bucket, replicas) instanceof Answer.Found);
        }
    }

    @Test
    void raisesTheBucketsWhenTheThirdServerComesAndSaysWhenOneIsLost() throws Exception {
        cluster.start(0);
        cluster.start(1);
        createBuckets(1);
        List<ReplicaKeeper> keepers = List.of(keeper(0), keeper(1));
        TestCluster.await(
                "degraded",
                LIMIT,
                () -> keepers.get(0).state().replicas() == 1
                        && keepers.get(0).state().isDegraded());

        cluster.start(2);
        for (ReplicaKeeper keeper : keepers) {
            TestCluster.await(
                    "whole at three",
                    LIMIT,
                    () -> keeper.state().replicas() == 3 && !keeper.state().isDegraded());
            assertThat(keeper.state().tolerance()).isEqualTo(1);
            assertThat(keeper.state().buckets())
                    .allMatch(bucket -> bucket.identical().equals(Optional.of(true)));
        }

        cluster.signal(2, "STOP");
        TestCluster.await("degraded", LIMIT, () -> keepers.get(0).state().tolerance() == 0);
        TestCluster.await(
                "sentence",
                LIMIT,
                () -> keepers.get(0).state().degraded().stream()
                        .anyMatch(sentence -> sentence.startsWith("2 of 3 servers answer (n1, n2)")));

        cluster.signal(2, "CONT");
        TestCluster.await("whole again", LIMIT, () -> !keepers.get(0).state().isDegraded());
    }

    @Test
    void nodesHearOfEachOtherAndSayWhatDoesNotFit() throws Exception {
        for (int i = 0; i < 3; i++) {
            cluster.start(i);
        }
        Heartbeats first = heartbeats(0, "n1", "a", "1", Duration.ZERO);
        heartbeats(1, "n2", "b", "2", Duration.ofSeconds(-100));
        heartbeats(2, "n1", "c", "1", Duration.ZERO);

        TestCluster.await("three problems", LIMIT, () -> first.problems().size() == 3);

        assertThat(first.alive()).extracting(Heartbeat::name).containsExactly("n1", "n2");
        assertThat(first.problems())
                .anyMatch(sentence -> sentence.matches("the clock of node n2 is (99|100|101) s behind .*"))
                .contains(
                        "node n2 has version 2, this one 1",
                        "another node is also named n1 (http://n1); names are unique in a cluster (--name)");
    }

    @Test
    void serversAnswerForThemselves() throws Exception {
        for (int i = 0; i < 3; i++) {
            cluster.start(i);
        }
        createBuckets(3);
        ServerQueries queries = new ServerQueries(cluster.system(0), "CONTROL");
        TestCluster.await("health", LIMIT, () -> queries.ownTrouble().isEmpty());
        TestCluster.await("reports", LIMIT, () -> queries.reports().size() == 3);
        assertThat(queries.connectedPeers()).contains(Set.of("n2", "n3"));
        assertThat(queries.ownId()).contains(cluster.serverId(0));

        cluster.stop(0);
        assertThat(queries.reports()).isEmpty();
        assertThat(queries.connectedPeers()).isEmpty();
    }

    @Test
    void aServerThatIsStartedAloneKnowsTheSizeOfItsCluster() throws Exception {
        for (int i = 0; i < 3; i++) {
            cluster.start(i);
        }
        createBuckets(3);
        for (int i = 0; i < 3; i++) {
            cluster.stop(i);
        }
        cluster.start(0);
        List<ServerReport> reports = new ServerQueries(cluster.system(0), "CONTROL").reports();
        assertThat(reports).extracting(ServerReport::metaSize).containsExactly(3);
    }

    @Test
    void aPeerIsSeenAsWhatItIs() throws Exception {
        cluster.start(0);
        Peer peer = cluster.peers().get(0);
        Reach reach = probe(peer);
        assertThat(reach).isEqualTo(new Reach(peer, Reach.Status.REACHABLE, "n1", cluster.serverId(0), "test"));
        assertThat(probe(cluster.peers().get(1)).status()).isEqualTo(Reach.Status.DEAD);

        cluster.signal(0, "STOP");
        assertThat(probe(peer).status()).isEqualTo(Reach.Status.PAUSED);
        cluster.signal(0, "CONT");
    }

    @Test
    void anAddressThatAnswersNothingIsCutOff() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Peer peer = new Peer("127.0.0.1", listener.getLocalPort());
            // Its queue of connections is filled; the kernel drops what comes after.
            TestCluster.await("full queue", LIMIT, () -> probe(peer).status() == Reach.Status.CUT);
            long begin = System.nanoTime();
            assertThat(probes.probe(List.of(peer, peer, peer))).allMatch(reach -> reach.status() == Reach.Status.CUT);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(1500));
        }
    }
}
