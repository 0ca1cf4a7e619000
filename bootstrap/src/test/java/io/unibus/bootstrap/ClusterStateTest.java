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
import org.junit.jupiter.api.Test;

class ClusterStateTest {
    private static final StreamReport.Digest DIGEST = new StreamReport.Digest(10, 1000, 1, 12, 10, 2);

    private final Map<String, Duration> silence = new HashMap<>();
    private final Map<String, StreamReport.Digest> digests = new HashMap<>();

    /** Three servers, n1 leading everything, of which those named answer. */
    private ClusterState state(int replicas, String... answering) {
        List<ServerReport> reports = new ArrayList<>();
        for (String name : answering) {
            Map<String, StreamReport> streams = new HashMap<>();
            if (replicas == 3 || name.equals("n1")) {
                for (Bucket bucket : Bucket.values()) {
                    streams.put(
                            bucket.stream(),
                            new StreamReport(
                                    "n1",
                                    replicas,
                                    replicas == 3 ? followers("n2", "n3") : List.of(),
                                    digests.getOrDefault(name, DIGEST)));
                }
            }
            reports.add(new ServerReport(name, "ID" + name, "2.15.1", "n1", 3, followers("n2", "n3"), streams));
        }
        return ClusterState.of(Instant.EPOCH, reports, 3);
    }

    private List<ReplicaReport> followers(String... names) {
        return Arrays.stream(names)
                .map(name ->
                        new ReplicaReport(name, true, false, silence.getOrDefault(name, Duration.ofMillis(700)), 0))
                .toList();
    }

    @Test
    void aWholeClusterToleratesTheLossOfOne() {
        ClusterState state = state(3, "n1", "n2", "n3");
        assertThat(state.degraded()).isEmpty();
        assertThat(state.tolerance()).isEqualTo(1);
        assertThat(state.replicas()).isEqualTo(3);
        assertThat(state.metaLeader()).contains("n1");
        assertThat(state.buckets())
                .allMatch(bucket -> bucket.quorum() && bucket.identical().equals(Optional.of(true)));
    }

    @Test
    void aServerSilentForThreeSecondsDoesNotCountWhateverTheLeaderSays() {
        silence.put("n3", Duration.ofSeconds(3));
        ClusterState state = state(3, "n1", "n2");
        assertThat(state.tolerance()).isZero();
        assertThat(state.degraded())
                .containsExactly(
                        "2 of 3 servers answer (n1, n2), missing: n3", "all buckets: 2 of 3 replicas current, not: n3");
        assertThat(state.buckets()).allMatch(ClusterState.BucketState::quorum);
    }

    @Test
    void oneReplicaToleratesNothing() {
        ClusterState state = state(1, "n1", "n2", "n3");
        assertThat(state.tolerance()).isZero();
        assertThat(state.replicas()).isEqualTo(1);
        assertThat(state.degraded()).contains("all buckets: 1 of 3 replicas, waiting for servers");
    }

    @Test
    void aLeaderWithoutFollowersHasNoQuorum() {
        silence.put("n2", Duration.ofSeconds(5));
        silence.put("n3", Duration.ofSeconds(5));
        ClusterState state = state(3, "n1");
        assertThat(state.buckets()).noneMatch(ClusterState.BucketState::quorum);
        assertThat(state.tolerance()).isZero();
        assertThat(state.degraded()).contains("all buckets: no quorum, 1 of 3 replicas take part");
    }

    @Test
    void replicasThatDifferAtOneSequenceAreDamaged() {
        digests.put("n2", new StreamReport.Digest(9, 900, 1, 12, 9, 3));
        assertThat(state(3, "n1", "n2", "n3").degraded())
                .contains("all buckets: replicas differ at one sequence: the store of a server is damaged");
    }

    @Test
    void replicasAtDifferentSequencesAreNotCompared() {
        digests.put("n2", new StreamReport.Digest(9, 900, 1, 11, 9, 2));
        ClusterState state = state(3, "n1", "n2", "n3");
        assertThat(state.buckets()).allMatch(bucket -> bucket.identical().isEmpty());
        assertThat(state.degraded()).isEmpty();
    }

    @Test
    void nothingIsKnownWithoutAnAnswer() {
        ClusterState state = state(3);
        assertThat(state.degraded()).containsExactly("this node's own nats-server does not answer");
        assertThat(state.tolerance()).isZero();
    }
}
