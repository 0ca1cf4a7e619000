package io.unibus.store.jetstream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Remembers since when something looked wrong, so that what is only under way is left alone. Not thread-safe. */
final class Suspects<T> {
    private final Duration grace;
    private final LongSupplier nanoTime;
    private final Map<T, Long> since = new HashMap<>();

    Suspects(Duration grace, LongSupplier nanoTime) {
        this.grace = grace;
        this.nanoTime = nanoTime;
    }

    /** Takes what looks wrong now, forgets the rest, and returns what has looked so for the whole grace period. */
    List<T> stillWrong(Collection<T> wrong) {
        long now = nanoTime.getAsLong();
        since.keySet().retainAll(wrong);
        List<T> ripe = new ArrayList<>();
        for (T item : wrong) {
            long first = since.computeIfAbsent(item, unused -> now);
            if (now - first >= grace.toNanos()) {
                ripe.add(item);
            }
        }
        return ripe;
    }
}
