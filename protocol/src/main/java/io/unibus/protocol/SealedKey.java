package io.unibus.protocol;

import java.util.Arrays;
import java.util.Base64;

/**
 * A room key sealed to one member: opaque bytes that the node keeps and cannot open. On the wire base64url without
 * padding.
 */
public final class SealedKey {
    /** Room for other sealing schemes; an HPKE-sealed 32-byte key with its envelope is far smaller. */
    public static final int MAX_BYTES = 2048;

    private final byte[] bytes;

    private SealedKey(byte[] bytes) {
        if (bytes.length == 0 || bytes.length > MAX_BYTES) {
            throw new MalformedException("sealed-key", "a sealed key has 1 to " + MAX_BYTES + " bytes");
        }
        this.bytes = bytes;
    }

    /** @throws MalformedException when it is empty or longer than {@link #MAX_BYTES} */
    public static SealedKey of(byte[] bytes) {
        return new SealedKey(bytes.clone());
    }

    /** @throws MalformedException when it is not base64url without padding, or has the wrong size */
    public static SealedKey parse(String base64url) {
        try {
            if (base64url.indexOf('=') >= 0) {
                throw new MalformedException("sealed-key", "a sealed key is base64url without padding");
            }
            return new SealedKey(Base64.getUrlDecoder().decode(base64url));
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new MalformedException("sealed-key", "a sealed key is base64url without padding");
        }
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    /** The wire form: base64url without padding. */
    public String base64url() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SealedKey that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "SealedKey[" + bytes.length + " bytes]";
    }
}
