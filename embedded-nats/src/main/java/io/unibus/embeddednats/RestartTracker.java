package io.unibus.embeddednats;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.DoubleSupplier;

/** Counts failures in a row under a {@link RestartPolicy}. It reads no clock; not thread-safe. */
final class RestartTracker {
    private final RestartPolicy policy;
    private final DoubleSupplier random;
    private int failures;
    private OptionalLong readySince = OptionalLong.empty();

    /** The random numbers are between 0 and 1. */
    RestartTracker(RestartPolicy policy, DoubleSupplier random) {
        this.policy = policy;
        this.random = random;
    }

    void ready(long nanoTime) {
        readySince = OptionalLong.of(nanoTime);
    }

    /** Counts a failure; how long to wait before the next start, or empty when it is time to give up. */
    Optional<Duration> failed(long nanoTime) {
        if (readySince.isPresent()
                && nanoTime - readySince.getAsLong() >= policy.stableAfter().toNanos()) {
            failures = 0;
        }
        readySince = OptionalLong.empty();
        failures++;
        return failures >= policy.failuresInARow() ? Optional.empty() : Optional.of(delay());
    }

    /** What failed before a start that was asked for does not count any more. */
    void reset() {
        readySince = OptionalLong.empty();
        failures = 0;
    }

    int failures() {
        return failures;
    }

    private Duration delay() {
        double growing = (double) policy.firstDelay().toNanos() * Math.pow(2, failures - 1);
        double full = Math.min((double) policy.longestDelay().toNanos(), growing);
        return Duration.ofNanos((long) (full * (1 - policy.jitter() * random.getAsDouble())));
    }
}
