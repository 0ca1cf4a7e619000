package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.embeddednats.Probe.Outcome;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What follows from queries that are answered or not. */
class LivenessTest {
    private final Life life = new Life((state, reason) -> {}, () -> 0);
    private Outcome outcome = Outcome.READY;
    private final Liveness liveness = new Liveness(life, "NME", () -> new Probe.Result(outcome, "as the test says"));

    @Test
    void aChildThatIsReadyAnswers() {
        assertThat(life.isAnswering()).isFalse();
        ready("NME");
        assertThat(life.isAnswering()).isTrue();
        life.childEnded();
        assertThat(life.isAnswering()).isFalse();
    }

    @Test
    void twoFailuresInARowAreNeeded() {
        ready("NME");
        check(Outcome.NOT_YET);
        check(Outcome.READY);
        check(Outcome.NOT_YET);
        assertThat(life.isAnswering()).isTrue();
        check(Outcome.NOT_YET);
        assertThat(life.isAnswering()).isFalse();
    }

    @Test
    void oneAnswerIsEnough() {
        ready("NME");
        check(Outcome.NOT_YET);
        check(Outcome.FOREIGN);
        check(Outcome.NOT_YET);
        check(Outcome.READY);
        assertThat(life.isAnswering()).isTrue();
        check(Outcome.NOT_YET);
        assertThat(life.isAnswering()).isTrue();
    }

    @Test
    void queriesOfAnEarlierChildSayNothing() {
        ready("NNEXT");
        check(Outcome.NOT_YET);
        check(Outcome.NOT_YET);
        assertThat(life.isAnswering()).isTrue();
    }

    @Test
    void nothingIsSaidAfterTheClose() {
        ready("NME");
        check(Outcome.NOT_YET);
        liveness.close();
        check(Outcome.NOT_YET);
        assertThat(life.isAnswering()).isTrue();
    }

    private void ready(String serverId) {
        life.ready(serverId, new HostPort("127.0.0.1", 4222), Optional.empty());
    }

    private void check(Outcome next) {
        outcome = next;
        liveness.check();
    }
}
