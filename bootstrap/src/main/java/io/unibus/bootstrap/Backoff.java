package io.unibus.bootstrap;

import java.util.function.DoubleSupplier;

/** Waits that double from 20 to 500 ms, half of each left to chance. Used by one thread. */
final class Backoff {
    private static final long FIRST = 20;
    private static final long LONGEST = 500;

    private final DoubleSupplier random;
    private long next = FIRST;

    Backoff(DoubleSupplier random) {
        this.random = random;
    }

    long nextMillis() {
        long wait = next / 2 + (long) (random.getAsDouble() * next / 2);
        next = Math.min(LONGEST, next * 2);
        return wait;
    }

    void restart() {
        next = FIRST;
    }
}
