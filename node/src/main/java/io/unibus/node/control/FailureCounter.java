package io.unibus.node.control;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts how often each source failed within the present minute. Bounded: of more than
 * {@value #MOST} sources within a minute the rest is not counted. Thread-safe.
 */
public final class FailureCounter {
    /** How long a source is remembered from its first failure on. */
    public static final Duration PERIOD = Duration.ofMinutes(1);

    static final int MOST = 10_000;

    private final LongSupplier nanoTime;
    private final Map<String, Count> counts = new HashMap<>();

    private record Count(long since, int failures) {}

    public FailureCounter(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Counts one failure. Returns how many there were before it in the present minute. */
    public synchronized int fail(String source) {
        long now = nanoTime.getAsLong();
        if (counts.size() >= MOST && !counts.containsKey(source)) {
            counts.values().removeIf(count -> isOver(count, now));
        }
        if (counts.size() >= MOST && !counts.containsKey(source)) {
            return 0;
        }
        Count count = counts.merge(
                source,
                new Count(now, 1),
                (old, one) -> isOver(old, now) ? one : new Count(old.since(), old.failures() + 1));
        return count.failures() - 1;
    }

    private static boolean isOver(Count count, long now) {
        return now - count.since() > PERIOD.toNanos();
    }
}
