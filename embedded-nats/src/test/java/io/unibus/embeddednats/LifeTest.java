package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The wishes that a server be held down or started again, apart from any process. */
class LifeTest {
    private static final Duration NONE = Duration.ZERO;

    private long now = Long.MAX_VALUE - 5; // nano clocks may overflow
    private final List<Long> killed = new ArrayList<>();
    private final Life life = new Life((state, reason) -> {}, () -> now);

    @Test
    void aSuspensionKillsThePresentChildAtOnce() {
        launch(7);
        life.suspend("no quorum");
        assertThat(killed).containsExactly(7L);
        assertThat(life.endRequested()).isTrue();
        assertThat(life.stopExpected()).isFalse();
    }

    @Test
    void aSuspensionIsFulfilledWhenTheChildHasEndedAndTheStateSaysSo() throws Exception {
        launch(7);
        life.suspend("no quorum");
        assertThat(life.awaitNoChild(NONE)).isFalse();
        life.childEnded();
        assertThat(life.awaitNoChild(NONE)).isFalse();
        life.to(ServerState.SUSPENDED, "no quorum");
        assertThat(life.awaitNoChild(NONE)).isTrue();
    }

    @Test
    void withoutAChildASuspensionIsFulfilledBeforeTheStartAndAfterTheStop() throws Exception {
        life.suspend("too early");
        assertThat(life.awaitNoChild(NONE)).isTrue();
        life.to(ServerState.STARTING, "");
        assertThat(life.awaitNoChild(NONE)).isFalse();
        life.stopped();
        assertThat(life.awaitNoChild(NONE)).isTrue();
    }

    @Test
    void aSuspensionThatIsTakenBackHasNoChildNoMore() throws Exception {
        launch(7);
        life.suspend("no quorum");
        life.resume();
        assertThat(life.awaitNoChild(Duration.ofHours(1))).isFalse();
    }

    @Test
    void theFirstReasonOfASuspensionStays() {
        life.suspend("first");
        life.suspend("second");
        assertThat(life.suspension()).contains("first");
        life.resume();
        life.resume();
        assertThat(life.suspension()).isEmpty();
    }

    /** Otherwise the death of the child that was killed would be its own failure. */
    @Test
    void aSuspensionThatIsTakenBackAtOnceLeavesItsInterruption() {
        launch(7);
        life.suspend("no quorum");
        life.resume();
        assertThat(life.endRequested()).isTrue();
        assertThat(life.takeInterruption()).contains("no quorum");
        assertThat(life.takeInterruption()).isEmpty();
    }

    @Test
    void aChildLaunchedDuringTheCallIsToEnd() {
        life.suspend("no quorum");
        launch(7);
        assertThat(killed).isEmpty();
        assertThat(life.endRequested()).isTrue();
    }

    @Test
    void aRestartIsForgottenInASuspensionAndInAStop() {
        life.suspend("no quorum");
        Optional<String> ignored = life.takeInterruption();
        life.requestRestart("full disk");
        assertThat(life.interruption()).isEmpty();
        life.resume();
        life.expectStop();
        life.requestRestart("full disk");
        assertThat(life.interruption()).isEmpty();
    }

    @Test
    void aSuspensionGoesBeforeARestart() {
        launch(7);
        life.requestRestart("full disk");
        assertThat(killed).isEmpty();
        life.suspend("no quorum");
        assertThat(killed).containsExactly(7L);
        assertThat(life.takeInterruption()).contains("no quorum");
    }

    @Test
    void nobodyIsToldReadyBeforeAWishIsFollowed() {
        launch(7);
        life.ready("NME", new HostPort("127.0.0.1", 4222), Optional.empty());
        life.requestRestart("full disk");
        assertThat(notReady().reason()).isEqualTo(Reason.TIMED_OUT);
        life.suspend("no quorum");
        assertThat(notReady()).hasMessageContaining("it is suspended: no quorum");
    }

    @Test
    void theAgeBeginsWithReadyAndEndsWithTheChild() {
        launch(7);
        assertThat(life.readyFor()).isEmpty();
        life.ready("NME", new HostPort("127.0.0.1", 4222), Optional.empty());
        assertThat(life.readyFor()).contains(NONE);
        now += 10;
        assertThat(life.readyFor()).contains(Duration.ofNanos(10));
        life.childEnded();
        assertThat(life.readyFor()).isEmpty();
    }

    private NatsServerException notReady() {
        return catchThrowableOfType(NatsServerException.class, () -> life.awaitReady(NONE));
    }

    private void launch(long pid) {
        life.to(ServerState.STARTING, "");
        life.launched(pid, () -> killed.add(pid));
    }
}
