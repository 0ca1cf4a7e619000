package io.unibus.bootstrap;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that passes only where somebody sleeps, or a test says so. */
final class FakeTime implements InstantSource {
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private long nanos;
    private Runnable afterSleep = () -> {};

    Timing timing() {
        return new Timing(() -> nanos, this::sleep, () -> 0.5);
    }

    void pass(Duration duration) {
        nanos += duration.toNanos();
    }

    void afterSleep(Runnable work) {
        afterSleep = work;
    }

    Duration elapsed() {
        return Duration.ofNanos(nanos);
    }

    @Override
    public Instant instant() {
        return BEGIN.plusNanos(nanos);
    }

    private void sleep(long millis) {
        pass(Duration.ofMillis(millis));
        afterSleep.run();
    }
}
