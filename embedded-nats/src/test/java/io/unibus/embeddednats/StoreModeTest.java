package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who may use a store, by what is recorded and what is in it. */
class StoreModeTest {
    private static final StoreMode ALONE = new StoreMode(Optional.empty());
    private static final StoreMode ONE = new StoreMode(Optional.of("one"));
    private static final StoreMode TWO = new StoreMode(Optional.of("two"));
    private static final Optional<StoreMode> UNRECORDED = Optional.empty();

    private static final StoreContents EMPTY = new StoreContents(false, false);
    private static final StoreContents STREAMS = new StoreContents(true, false);
    private static final StoreContents RAFT = new StoreContents(false, true);
    private static final StoreContents RAFT_AND_STREAMS = new StoreContents(true, true);

    @Test
    void anEmptyStoreIsAnybodys() {
        for (StoreMode wanted : List.of(ALONE, ONE)) {
            assertThat(wanted.objection(UNRECORDED, EMPTY)).isEmpty();
            assertThat(wanted.objection(Optional.of(ALONE), EMPTY)).isEmpty();
            assertThat(wanted.objection(Optional.of(TWO), EMPTY)).isEmpty();
        }
    }

    @Test
    void theOwnStoreIsUsedWhateverItHolds() {
        for (StoreContents contents : List.of(STREAMS, RAFT, RAFT_AND_STREAMS)) {
            assertThat(ALONE.objection(Optional.of(ALONE), contents)).isEmpty();
            assertThat(ONE.objection(Optional.of(ONE), contents)).isEmpty();
        }
    }

    @Test
    void streamsOfAServerAloneDoNotJoinACluster() {
        assertThat(ONE.objection(Optional.of(ALONE), STREAMS)).get().asString().contains("lost in the cluster one");
        assertThat(ONE.objection(UNRECORDED, STREAMS)).get().asString().contains("lost in the cluster one");
    }

    @Test
    void aStoreOfAClusterIsNotUsedAlone() {
        assertThat(ALONE.objection(Optional.of(ONE), RAFT_AND_STREAMS))
                .get()
                .asString()
                .startsWith("belongs to the cluster one and cannot be used by a server alone")
                .doesNotContain("no streams");
        assertThat(ALONE.objection(UNRECORDED, RAFT))
                .get()
                .asString()
                .startsWith("belongs to a cluster and cannot")
                .contains("holds no streams");
    }

    /** Its Raft state could win an election there, and its streams would go for those of that cluster. */
    @Test
    void aStoreOfAClusterIsNotUsedInAnotherEvenWithoutStreams() {
        assertThat(TWO.objection(Optional.of(ONE), RAFT))
                .get()
                .asString()
                .contains("belongs to the cluster one and cannot be used by the cluster two");
        assertThat(TWO.objection(Optional.of(ALONE), RAFT)).get().asString().contains("would mix the two");
    }

    @Test
    void aStoreOfBeforeIsKnownByItsContents() {
        assertThat(ALONE.objection(UNRECORDED, STREAMS)).isEmpty();
        assertThat(ONE.objection(UNRECORDED, RAFT)).isEmpty();
        assertThat(ONE.objection(UNRECORDED, RAFT_AND_STREAMS)).isEmpty();
    }
}
