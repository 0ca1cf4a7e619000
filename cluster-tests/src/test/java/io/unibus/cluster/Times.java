package io.unibus.cluster;

import java.time.Duration;
import java.util.Arrays;

/** Moments in their order, on the clock of {@link System#nanoTime}. Thread-safe. */
final class Times {
    private long[] values = new long[1024];
    private int size;

    synchronized void add(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    synchronized int size() {
        return size;
    }

    /** The longest time between two that overlaps with the time from {@code begin} to {@code end}. */
    synchronized Duration longestGap(long begin, long end) {
        long longest = 0;
        long before = begin;
        for (int i = 0; i < size; i++) {
            if (values[i] - begin < 0) {
                before = values[i];
                continue;
            }
            longest = Math.max(longest, values[i] - before);
            before = values[i];
            if (values[i] - end >= 0) {
                return Duration.ofNanos(longest);
            }
        }
        return Duration.ofNanos(Math.max(longest, end - before));
    }
}
