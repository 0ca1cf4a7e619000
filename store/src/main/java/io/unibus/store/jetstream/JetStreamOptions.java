package io.unibus.store.jetstream;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * How a node uses the replicated store.
 *
 * @param node names this node in the keys that its fences write: characters of {@code A-Z a-z 0-9 _ -}
 * @param operationTimeout how long a write, or the wait for a quorum, may take
 * @param maxStaleness how old the quorum's confirmation of an answer may be; zero: begun after the question
 * @param repairInterval how often what dead nodes left is cleared away, give or take a quarter
 * @param repairGrace how long something must have looked left; far longer than any operation takes
 * @param nanoTime a monotonic clock
 * @param random for the names of changes, which must differ from those of every other node
 */
public record JetStreamOptions(
        String node,
        Duration operationTimeout,
        Duration maxStaleness,
        Duration repairInterval,
        Duration repairGrace,
        LongSupplier nanoTime,
        RandomGenerator random) {
    public JetStreamOptions {
        if (!node.matches("[A-Za-z0-9_-]+")) {
            throw new IllegalArgumentException("a node's name has characters of A-Z a-z 0-9 _ -, not: " + node);
        }
    }

    /** With a repair every minute of what is older than ten, the system's clock and secure random names. */
    public static JetStreamOptions of(String node, Duration operationTimeout, Duration maxStaleness) {
        return new JetStreamOptions(
                node,
                operationTimeout,
                maxStaleness,
                Duration.ofMinutes(1),
                Duration.ofMinutes(10),
                System::nanoTime,
                new SecureRandom());
    }
}
