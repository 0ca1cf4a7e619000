package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RestartTrackerTest {
    private static final long SECOND = 1_000_000_000L;

    private long now = -5 * SECOND; // nano clocks may be negative

    @Test
    void delaysDoubleUpToTheLongest() {
        RestartPolicy policy = new RestartPolicy(
                Duration.ofMillis(100), Duration.ofMillis(500), 0, 6, Duration.ofSeconds(30), Duration.ofSeconds(1));
        RestartTracker tracker = new RestartTracker(policy, () -> 0);
        List<Optional<Duration>> delays =
                Stream.generate(() -> tracker.failed(now)).limit(6).toList();
        assertThat(delays)
                .containsExactly(millis(100), millis(200), millis(400), millis(500), millis(500), Optional.empty());
    }

    @Test
    void jitterShortensADelayByItsShare() {
        assertThat(standard(0).failed(now)).isEqualTo(millis(100));
        assertThat(standard(0.5).failed(now)).isEqualTo(millis(75));
        assertThat(standard(1).failed(now)).isEqualTo(millis(50));
    }

    @Test
    void killsSoonAfterReadyAreFailuresInARow() {
        RestartTracker tracker = standard(0);
        for (int kill = 0; kill < 4; kill++) {
            tracker.ready(now);
            now += 29 * SECOND;
            assertThat(tracker.failed(now)).isPresent();
        }
        tracker.ready(now);
        assertThat(tracker.failed(now + SECOND)).isEmpty();
        assertThat(tracker.failures()).isEqualTo(5);
    }

    @Test
    void aStableRunBeginsTheCountAnew() {
        RestartTracker tracker = standard(0);
        for (int kill = 0; kill < 4; kill++) {
            assertThat(tracker.failed(now)).isPresent();
        }
        tracker.ready(now);
        now += 30 * SECOND;
        assertThat(tracker.failed(now)).isEqualTo(millis(100));
        assertThat(tracker.failures()).isEqualTo(1);
    }

    @Test
    void timeThatPassedWithoutBeingReadyDoesNotCount() {
        RestartTracker tracker = standard(0);
        tracker.ready(now);
        for (int failure = 0; failure < 4; failure++) {
            assertThat(tracker.failed(now)).isPresent();
            now += 60 * SECOND;
        }
        assertThat(tracker.failed(now)).isEmpty();
    }

    @Test
    void aStartThatWasAskedForBeginsTheCountAnew() {
        RestartTracker tracker = standard(0);
        for (int failure = 0; failure < 4; failure++) {
            assertThat(tracker.failed(now)).isPresent();
        }
        tracker.reset();
        assertThat(tracker.failed(now)).isEqualTo(millis(100));
        assertThat(tracker.failures()).isEqualTo(1);
    }

    private static RestartTracker standard(double random) {
        return new RestartTracker(RestartPolicy.standard(), () -> random);
    }

    private static Optional<Duration> millis(long millis) {
        return Optional.of(Duration.ofMillis(millis));
    }
}
