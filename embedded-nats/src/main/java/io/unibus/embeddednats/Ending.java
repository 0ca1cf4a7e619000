package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps in which a child is ended: let it hand its leaderships over, ask it to end, kill it. Each is bounded, and
 * shorter when a stop with a time limit is asked for, before or meanwhile. Each returns when the child has ended.
 */
final class Ending {
    private static final Logger log = LoggerFactory.getLogger(Ending.class);
    private static final long LAME_DUCK_LIMIT_MILLIS = 2000;
    private static final long TERMINATE_LIMIT_MILLIS = 3000;
    private static final long KILL_LIMIT_MILLIS = 2000;

    private final Life life;
    private final LongSupplier nanoTime;

    Ending(Life life, LongSupplier nanoTime) {
        this.life = life;
        this.nanoTime = nanoTime;
    }

    /** From the first step on; for a child in a cluster. */
    void handOver(Child child) throws InterruptedException {
        child.enterLameDuckMode();
        if (!endsWithin(child, () -> Math.min(LAME_DUCK_LIMIT_MILLIS, life.stopMillisLeft() / 3))) {
            terminate(child);
        }
    }

    /** From the second step on. */
    void terminate(Child child) throws InterruptedException {
        child.terminate();
        LongSupplier limit =
                () -> Math.min(TERMINATE_LIMIT_MILLIS, Math.max(life.stopMillisLeft() - KILL_LIMIT_MILLIS / 2, 0));
        if (!endsWithin(child, limit)) {
            log.warn("nats-server (pid {}) does not end when asked to; killing it", child.pid());
            kill(child);
        }
    }

    /** The last step alone. */
    void kill(Child child) throws InterruptedException {
        child.kill();
        if (!child.awaitExit(KILL_LIMIT_MILLIS)) {
            throw new NatsServerException(
                    Reason.LEFTOVER_STUCK,
                    "nats-server (pid " + child.pid() + ") does not end, not even killed; see what holds it");
        }
    }

    /** Waits, and reckons the limit anew when a stop is asked for meanwhile. */
    private boolean endsWithin(Child child, LongSupplier limitMillis) throws InterruptedException {
        long begin = nanoTime.getAsLong();
        long limit = limitMillis.getAsLong();
        if (life.stopRequested()) {
            return child.awaitExit(limit);
        }
        if (life.await(() -> !child.isAlive() || life.stopRequested(), Duration.ofMillis(limit))) {
            long passed = (nanoTime.getAsLong() - begin) / 1_000_000;
            return child.awaitExit(Math.min(limit - passed, limitMillis.getAsLong()));
        }
        return !child.isAlive();
    }
}
