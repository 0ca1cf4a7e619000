package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.SealedKey;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Sealed keys that nobody can open but everybody can read: they say who made them, of which epoch, and for whom. */
final class FakeKey {
    private FakeKey() {}

    /** Different from all others. */
    static SealedKey of(Endpoint author, long epoch, Endpoint recipient, Random random) {
        String text = "epoch " + epoch + " by " + author + " for " + recipient + ", no. "
                + Long.toUnsignedString(random.nextLong(), 36);
        return SealedKey.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    static String describe(SealedKey key) {
        return new String(key.bytes(), StandardCharsets.US_ASCII);
    }
}
