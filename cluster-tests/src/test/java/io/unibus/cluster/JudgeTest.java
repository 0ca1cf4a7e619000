package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The judge of histories sees what is wrong with them, and nothing else. */
final class JudgeTest {
    private static final Endpoint ALICE =
            Identity.generate(Randoms.secure(new Random(1))).endpoint();

    private final History history = new History();
    private final Judge judge = new Judge(history);
    private final UserLedger users = new UserLedger();

    @Test
    void anEpochMayNotShrinkOnOneNode() {
        sees(1, 100, 110, 5);
        sees(1, 105, 120, 4);
        assertThat(judge.epochsThatShrank()).as("requests at the same time").isEmpty();
        sees(1, 130, 140, 4);
        assertThat(judge.epochsThatShrank()).hasSize(1);
    }

    @Test
    void anotherNodeMayBeBehindForAsLongAsTheStaleness() {
        sees(1, 100, 110, 5);
        sees(2, 2_000, 2_050, 4);
        assertThat(judge.epochsThatShrank()).isEmpty();
        sees(2, 2_200, 2_210, 4);
        assertThat(judge.epochsThatShrank()).hasSize(1);
    }

    @Test
    void aRevokedUserIsAdmittedUntilTheBoundAndNotAfterIt() {
        users.added(ALICE, true);
        users.revoked(ALICE, nanos(1_000));
        sees(1, 900, 1_100, 1);
        sees(1, 4_900, 4_990, 1);
        assertThat(judge.revokedWhoWereAdmitted(users)).isEmpty();
        assertThat(judge.longestAdmission(users)).isEqualTo(Duration.ofMillis(3_990));
        history.add(new Operation("decision", ALICE, 1, "x", nanos(6_000), nanos(6_001), 0, "403 user-revoked"));
        assertThat(judge.revokedWhoWereAdmitted(users)).isEmpty();
        sees(1, 4_900, 5_010, 1);
        assertThat(judge.revokedWhoWereAdmitted(users)).hasSize(1);
    }

    @Test
    void aNodeWithoutAQuorumAdmitsNobodyFromTheBoundUntilItsHealing() {
        history.add(
                new Fault("ISOLATE", Set.of(1), Set.of(1), nanos(1_000), nanos(1_010), nanos(9_000), nanos(10_000)));
        sees(1, 4_900, 5_000, 1);
        sees(2, 7_000, 7_001, 1);
        sees(1, 8_990, 9_001, 1);
        assertThat(judge.admittedWithoutQuorum()).isEmpty();
        sees(1, 4_990, 5_100, 1);
        assertThat(judge.admittedWithoutQuorum()).hasSize(1);
    }

    @Test
    void aFailureOfANodeIsAViolationAlsoOfAWriteWhoseOutcomeIsUnknown() {
        history.add(new Operation("create", ALICE, 1, "x", 0, 1, 0, "unanswered 500 internal-error"));
        history.add(new Operation("create", ALICE, 1, "x", 0, 1, 0, "503 quorum-unconfirmed"));
        assertThat(judge.failures()).hasSize(1);
    }

    @Test
    void aRefusalOfASoleWriterHasNoReason() {
        answers("rekey", "409 epoch-conflict");
        assertThat(judge.groundlessRefusals(Set.of())).as("of one of many").isEmpty();
        assertThat(judge.groundlessRefusals(Set.of(ALICE))).hasSize(1);
        assertThat(judge.groundlessRefusals(Set.of(ALICE)).get(0)).doesNotContain(", after ");
        answers("rekey", "503 quorum-unconfirmed");
        answers("rekey", "unanswered 503 outcome-unknown");
        answers("rekey", Operation.UNREACHABLE);
        assertThat(judge.groundlessRefusals(Set.of(ALICE))).hasSize(1);
    }

    @Test
    void aRoomOfAFreshIdIsNotThereAlready() {
        answers("create", "409 subject-taken");
        assertThat(judge.groundlessRefusals(Set.of())).isEmpty();
        answers("create", "409 room-exists");
        assertThat(judge.groundlessRefusals(Set.of())).hasSize(1);
    }

    @Test
    void theLongestGapCoversTheEdgesOfTheTimeLookedAt() {
        Times times = new Times();
        for (long at : new long[] {0, 100, 400, 450, 1_000}) {
            times.add(at);
        }
        assertThat(times.longestGap(150, 420)).isEqualTo(Duration.ofNanos(300));
        assertThat(times.longestGap(410, 460)).isEqualTo(Duration.ofNanos(550));
        assertThat(times.longestGap(1_200, 2_000)).isEqualTo(Duration.ofNanos(1_000));
    }

    private void answers(String name, String answer) {
        history.add(new Operation(name, ALICE, 1, "room", 0, 1, 0, answer));
    }

    private void sees(int node, long begin, long end, long epoch) {
        history.add(new Operation("room", ALICE, node, "room", nanos(begin), nanos(end), epoch, Operation.OK));
    }

    private static long nanos(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }
}
