package io.unibus.protocol.chain;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The 32 bytes of a SHA-256 digest, or {@link #NONE}. Immutable. {@link ChainDigests} says what is digested, and how. */
public final class ChainDigest {
    /** Its length. */
    public static final int BYTES = 32;

    /** 32 bytes of zero, which stand for <em>nothing</em>: no previous link, no sealed keys. */
    public static final ChainDigest NONE = new ChainDigest(new byte[BYTES]);

    private final byte[] bytes;

    private ChainDigest(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Returns the digest of these bytes.
     *
     * @throws IllegalArgumentException when they are not 32
     */
    public static ChainDigest of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a digest has " + BYTES + " bytes, not " + bytes.length);
        }
        return new ChainDigest(bytes.clone());
    }

    /** Returns the SHA-256 of {@code content}. */
    static ChainDigest sha256(byte[] content) {
        return new ChainDigest(newSha256().digest(content));
    }

    static ChainDigest finish(MessageDigest sha256) {
        return new ChainDigest(sha256.digest());
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }

    /** Returns whether it is {@link #NONE}. */
    public boolean isNone() {
        return equals(NONE);
    }

    /** Returns a copy of the 32 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns 64 hexadecimal digits in lower case. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChainDigest that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return hex();
    }
}
