package io.unibus.store.jetstream;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** Random names of changes, attempts and key sets, which no two nodes ever choose alike: 96 bits in 16 characters. */
final class Ids {
    private static final int BYTES = 12;

    private final RandomGenerator random;

    Ids(RandomGenerator random) {
        this.random = random;
    }

    String next() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
