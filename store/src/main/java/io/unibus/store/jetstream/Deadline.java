package io.unibus.store.jetstream;

import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.function.LongSupplier;

/** The moment by which something must be done, in monotonic time. */
record Deadline(LongSupplier clock, long nanoTime) {
    static Deadline in(Duration time, LongSupplier clock) {
        return new Deadline(clock, clock.getAsLong() + time.toNanos());
    }

    /** Zero when it has passed. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, nanoTime - clock.getAsLong()));
    }

    boolean hasPassed() {
        return left().isZero();
    }

    /** The moment that is so much later. */
    Deadline later(Duration time) {
        return new Deadline(clock, nanoTime + time.toNanos());
    }

    /** To be called before anything is written that counts. @throws StoreUnavailableException when it has passed */
    void check(String what) {
        if (hasPassed()) {
            throw new StoreUnavailableException(what + " took too long; nothing was written; try again", null);
        }
    }
}
