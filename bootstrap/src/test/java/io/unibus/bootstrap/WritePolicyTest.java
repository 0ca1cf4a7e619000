package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WritePolicyTest {
    private static final long SPACE = 1L << 30;

    private final WritePolicy policy = new WritePolicy();
    private final List<String> verdicts = new ArrayList<>();
    private Optional<String> health = Optional.empty();
    private long second;
    private Duration childAge = Duration.ofHours(1);

    private void pass(int seconds, String trouble, boolean peers, long space) {
        for (int i = 0; i < seconds; i++) {
            second++;
            policy.decide(
                            second * 1_000_000_000,
                            new WritePolicy.Sight(
                                    Optional.of(trouble).filter(text -> !text.isEmpty()),
                                    health,
                                    peers,
                                    space,
                                    childAge))
                    .ifPresent(
                            verdict -> verdicts.add((verdict.restart() ? "restart: " : "error: ") + verdict.reason()));
        }
    }

    @Test
    void restartsFiveSecondsAfterAFullDiskHasSpaceAgain() {
        pass(30, "no write", true, 1 << 20);
        assertThat(verdicts).isEmpty();

        pass(5, "no write", true, SPACE);
        assertThat(verdicts).isEmpty();
        pass(1, "no write", true, SPACE);
        assertThat(verdicts)
                .containsExactly("restart: nats-server has taken no writes for 5 s, its disk was full: no write");
    }

    @Test
    void waitsLongerThanAnyElectionWhenTheDiskWasNotFull() {
        pass(20, "no write", true, SPACE);
        assertThat(verdicts).isEmpty();
        pass(1, "no write", true, SPACE);
        assertThat(verdicts).hasSize(1);
    }

    @Test
    void doesNotRestartWithoutPeersOrAYoungChildOrAWellOne() {
        pass(60, "no write", false, SPACE);
        pass(60, "", true, SPACE);
        childAge = Duration.ofSeconds(19);
        pass(60, "no write", true, SPACE);
        assertThat(verdicts).isEmpty();
    }

    @Test
    void troubleThatComesAndGoesIsNone() {
        for (int i = 0; i < 10; i++) {
            pass(15, "no write", true, SPACE);
            pass(1, "", true, SPACE);
        }
        assertThat(verdicts).isEmpty();
    }

    @Test
    void whatTheServerSaysOfItselfCountsOnlyAfterAFullDisk() {
        health = Optional.of("JetStream is not current");
        pass(120, "", true, SPACE);
        assertThat(verdicts).isEmpty();

        pass(1, "", true, 0);
        pass(7, "", true, SPACE);
        assertThat(verdicts).hasSize(1);
    }

    @Test
    void givesUpAfterFiveRestartsAndSaysSoOnce() {
        pass(1, "no write", true, 0);
        pass(600, "no write", true, SPACE);
        assertThat(verdicts).hasSize(6);
        assertThat(verdicts.get(5)).startsWith("error: ").contains("after 5 restarts");
    }

    @Test
    void aHealthyMinuteForgetsEarlierRestarts() {
        for (int i = 0; i < 8; i++) {
            pass(40, "no write", true, SPACE);
            pass(62, "", true, SPACE);
        }
        assertThat(verdicts).hasSize(8).allMatch(verdict -> verdict.startsWith("restart"));
    }
}
