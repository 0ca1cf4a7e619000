package io.unibus.protocol.chain;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

/** The 16 random bytes in the first link of a room, from which {@link ChainRoomId} makes the room's id. Immutable. */
public final class CreationNonce {
    /** Its length. */
    public static final int BYTES = 16;

    private final byte[] bytes;

    private CreationNonce(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws IllegalArgumentException when it has not 16 bytes */
    public static CreationNonce of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a nonce has " + BYTES + " bytes, not " + bytes.length);
        }
        return new CreationNonce(bytes.clone());
    }

    /** Returns a fresh nonce. */
    public static CreationNonce random(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new CreationNonce(bytes);
    }

    /** Returns a copy of the 16 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CreationNonce that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
