package io.unibus.client;

import java.security.SecureRandom;
import java.util.Random;

/** Repeatable "secure" random bytes for tests; prints its seed, so that a failure can be repeated. */
final class SeededRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final Random random;

    private SeededRandom(long seed) {
        this.random = new Random(seed);
    }

    static SeededRandom fresh() {
        long seed = System.nanoTime();
        System.out.println("random seed " + seed);
        return new SeededRandom(seed);
    }

    @Override
    public void nextBytes(byte[] bytes) {
        random.nextBytes(bytes);
    }
}
