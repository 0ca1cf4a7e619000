package io.unibus.store.jetstream;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** Random names of changes and key sets, which no two nodes ever choose alike: 96 bits in 16 characters. */
final class Ids {
    private static final int BYTES = 12;
    private static final int SHORT_BYTES = 6;

    private final RandomGenerator random;

    Ids(RandomGenerator random) {
        this.random = random;
    }

    String next() {
        return next(BYTES);
    }

    /**
     * Returns a name of 8 characters, for the key set of one joiner: it has to differ only from those of others who invite
     * the same endpoint to the same room in the same epoch.
     */
    String nextShort() {
        return next(SHORT_BYTES);
    }

    private String next(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
