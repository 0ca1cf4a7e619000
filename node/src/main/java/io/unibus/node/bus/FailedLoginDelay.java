package io.unibus.node.bus;

import io.unibus.node.control.FailureCounter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Says how late a refusal is to be told: after {@value #FREE} failed logins from one address within a minute each further one
 * waits. A login that waits takes memory of the server, so beyond {@value #MOST_WAITING} they are told at once. Thread-safe.
 */
final class FailedLoginDelay {
    static final int FREE = 10;
    static final int MOST_WAITING = 100;
    static final Duration DELAY = Duration.ofSeconds(1);

    private final FailureCounter failures;
    private final AtomicInteger waiting = new AtomicInteger();

    FailedLoginDelay(LongSupplier nanoTime) {
        this.failures = new FailureCounter(nanoTime);
    }

    /** Counts a failed login, and returns for how many milliseconds its answer is to wait; if at all, {@link #answered} ends it. */
    long afterFailure(String address) {
        if (failures.fail(address) < FREE || waiting.get() >= MOST_WAITING) {
            return 0;
        }
        waiting.incrementAndGet();
        return DELAY.toMillis();
    }

    /** Says that an answer that waited was given. */
    void answered() {
        waiting.decrementAndGet();
    }
}
