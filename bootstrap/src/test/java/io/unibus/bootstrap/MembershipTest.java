package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MembershipTest {
    private final Membership five = new Membership(5, Map.of(Bucket.ROOMS, Set.of("n1", "n2", "n3")));

    private static List<KnownPeers.Server> cut(String names) {
        return Arrays.stream(names.split(" "))
                .filter(name -> !name.isEmpty())
                .map(name -> new KnownPeers.Server(Optional.of(name).filter(n -> !n.equals("?")), Reach.Status.CUT))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "n3 n4 n5, '', true",
        "n2 n3 n4, '', false",
        "n2 n4 n5, '', true",
        "n4 n5 ?, '', true", // one of n2 and n3 is in sight
        "n4 ? ?, '', false",
        "? ? ?, n2, true",
        "n2 ?, n3, true" // an address that is nobody's any more
    })
    void isOfTheMajorityOfABucketUnlessItsReplicasAreCut(String cut, String connected, boolean expected) {
        Set<String> others = connected.isEmpty() ? Set.of() : Set.of(connected);
        assertThat(five.hasMajority("n1", cut(cut), others)).isEqualTo(expected);
    }

    @Test
    void aServerWithoutAReplicaIsOfNoMajority() {
        assertThat(five.hasMajority("n4", cut(""), Set.of())).isFalse();
        assertThat(Membership.UNKNOWN.hasMajority("n1", cut(""), Set.of())).isFalse();
    }

    @Test
    void remembersWhatWasToldWhileABucketHadItsMajority() {
        Membership whole = Membership.UNKNOWN.seen(state(Duration.ofMillis(500), "n2", "n3"));
        assertThat(whole.size()).isEqualTo(3);
        assertThat(whole.replicas()).containsEntry(Bucket.USERS, Set.of("n1", "n2", "n3"));

        assertThat(whole.seen(ClusterState.unknown(Instant.EPOCH, 3))).isEqualTo(whole);
        assertThat(whole.seen(state(Duration.ofSeconds(4), "n4", "n5"))).isEqualTo(whole);
        assertThat(whole.seen(state(Duration.ofMillis(500), "n2", "n4")).replicas())
                .containsEntry(Bucket.USERS, Set.of("n1", "n2", "n4"));
    }

    /** As n1 tells it, which leads everything. */
    private static ClusterState state(Duration silence, String... followers) {
        List<ReplicaReport> replicas = new ArrayList<>();
        for (String name : followers) {
            replicas.add(new ReplicaReport(name, true, false, silence, 0));
        }
        Map<String, StreamReport> streams = new HashMap<>();
        for (Bucket bucket : Bucket.values()) {
            streams.put(
                    bucket.stream(), new StreamReport("n1", 3, replicas, new StreamReport.Digest(1, 1, 1, 1, 1, 0)));
        }
        return ClusterState.of(
                Instant.EPOCH, List.of(new ServerReport("n1", "ID1", "2.15.1", "n1", 3, replicas, streams)), 3);
    }
}
