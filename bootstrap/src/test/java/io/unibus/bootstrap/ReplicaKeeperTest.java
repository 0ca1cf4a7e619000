package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReplicaKeeperTest {
    private final FakeServers servers = new FakeServers();
    private final FakeBuckets buckets = new FakeBuckets();
    private final FakeTime time = new FakeTime();

    private ReplicaKeeper keeper(String name, int replicas, int... others) {
        List<Heartbeat> heartbeats = Arrays.stream(others)
                .mapToObj(wanted -> new Heartbeat("n", "i", "v", wanted, Instant.EPOCH, "", "", "off", Instant.EPOCH))
                .toList();
        return new ReplicaKeeper(name, replicas, servers, buckets, () -> heartbeats, time);
    }

    /** Every bucket has one replica, on n1, which leads the meta group too. */
    private void answering(String... names) {
        Map<String, StreamReport> streams = new HashMap<>();
        for (Bucket bucket : Bucket.values()) {
            streams.put(
                    bucket.stream(), new StreamReport("n1", 1, List.of(), new StreamReport.Digest(0, 0, 0, 0, 0, 0)));
        }
        List<ReplicaReport> followers = Stream.of("n2", "n3")
                .map(name -> new ReplicaReport(name, true, false, Duration.ZERO, 0))
                .toList();
        servers.reports = Arrays.stream(names)
                .map(name -> new ServerReport(
                        name, name, "2.15.1", "n1", 3, followers, name.equals("n1") ? streams : Map.of()))
                .toList();
    }

    @Test
    void theNodeOfTheMetaLeaderRaisesEveryBucket() {
        answering("n1", "n2", "n3");
        keeper("n1", 3, 3, 3).look();
        assertThat(buckets.changes).hasSize(5).allMatch(change -> change.matches("configure \\w+ 3"));
    }

    @Test
    void theOthersOnlyWatch() {
        answering("n1", "n2", "n3");
        ReplicaKeeper keeper = keeper("n2", 3, 3, 3);
        keeper.look();
        assertThat(buckets.changes).isEmpty();
        assertThat(keeper.state().degraded()).containsExactly("all buckets: 1 of 3 replicas, waiting for servers");
    }

    @Test
    void nothingIsRaisedBeforeTheServersAreThere() {
        answering("n1", "n2");
        keeper("n1", 3, 3).look();
        assertThat(buckets.changes).isEmpty();
    }

    @Test
    void theSizeOfTheClusterIsRememberedWhenNobodyAnswers() {
        ReplicaKeeper keeper = keeper("n1", 3, 3);
        assertThat(keeper.membership().sizeOr(4)).isEqualTo(4);
        answering("n1", "n2", "n3");
        keeper.look();
        servers.reports = List.of();
        keeper.look();
        assertThat(keeper.membership().sizeOr(4)).isEqualTo(3);
    }

    @Test
    void theHighestWishOfTheNodesAliveCounts() {
        answering("n1", "n2", "n3");
        keeper("n1", 1, 3, 1).look();
        assertThat(buckets.changes).hasSize(5);
    }
}
