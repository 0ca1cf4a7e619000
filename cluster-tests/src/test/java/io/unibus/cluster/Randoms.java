package io.unibus.cluster;

import java.security.SecureRandom;
import java.util.Random;

/** Repeatable randomness in the form in which keys are made. */
final class Randoms {
    private Randoms() {}

    static SecureRandom secure(Random random) {
        return new SecureRandom() {
            private static final long serialVersionUID = 1L;

            @Override
            public void nextBytes(byte[] bytes) {
                random.nextBytes(bytes);
            }
        };
    }
}
