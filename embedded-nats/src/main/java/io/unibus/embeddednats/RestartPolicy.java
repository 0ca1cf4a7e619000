package io.unibus.embeddednats;

import java.time.Duration;

/**
 * When a failed child is started again, and when that is given up.
 *
 * @param firstDelay before the first restart; it doubles with every failure in a row
 * @param longestDelay the limit of that growth
 * @param jitter the share of a delay, 0 to 1, that is left to chance
 * @param failuresInARow the number of failures at which the server is given up
 * @param stableAfter how long a child must have been ready for its failure to count as the first again
 * @param startLimit how long a child may take to become ready
 */
public record RestartPolicy(
        Duration firstDelay,
        Duration longestDelay,
        double jitter,
        int failuresInARow,
        Duration stableAfter,
        Duration startLimit) {

    public RestartPolicy {
        if (firstDelay.isNegative() || longestDelay.compareTo(firstDelay) < 0 || stableAfter.isNegative()) {
            throw new IllegalArgumentException("delays are not negative, and the longest is not below the first");
        }
        if (!(jitter >= 0 && jitter <= 1) || failuresInARow < 1 || startLimit.toMillis() < 1) {
            throw new IllegalArgumentException("jitter is 0 to 1, failuresInARow at least 1, startLimit positive");
        }
    }

    /** 100 ms doubling to 5 s, half of it left to chance; 5 failures; stable after 30 s; 20 s to become ready. */
    public static RestartPolicy standard() {
        return new RestartPolicy(
                Duration.ofMillis(100), Duration.ofSeconds(5), 0.5, 5, Duration.ofSeconds(30), Duration.ofSeconds(20));
    }
}
