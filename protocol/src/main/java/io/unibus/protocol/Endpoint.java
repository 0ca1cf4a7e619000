package io.unibus.protocol;

import java.util.Locale;

/**
 * A peer, named by its Ed25519 public key in NKey form: {@code U} and 55 more characters of upper-case base 32.
 *
 * @param nkey the canonical text; {@link #parse} accepts any case
 */
public record Endpoint(String nkey) implements Comparable<Endpoint> {
    public Endpoint {
        try {
            NKeyText.decodePublicKey(NKeyText.Kind.USER, nkey);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("endpoint", e.getMessage() + hint(nkey));
        }
    }

    /**
     * Reads an endpoint in upper, lower or mixed case.
     *
     * @throws MalformedException when it is not the public NKey of a user
     */
    public static Endpoint parse(String text) {
        String trimmed = text.strip();
        // Letters outside ASCII stay: upper case would make an S of U+017F and an I of U+0131.
        boolean ascii = trimmed.chars().allMatch(c -> c < 128);
        return new Endpoint(ascii ? trimmed.toUpperCase(Locale.ROOT) : trimmed);
    }

    /** The endpoint of a 32-byte Ed25519 public key. */
    public static Endpoint ofPublicKey(byte[] key) {
        return new Endpoint(NKeyText.encodePublicKey(NKeyText.Kind.USER, key));
    }

    /** The 32 bytes of the Ed25519 public key. */
    public byte[] publicKey() {
        return NKeyText.decodePublicKey(NKeyText.Kind.USER, nkey);
    }

    @Override
    public int compareTo(Endpoint other) {
        return nkey.compareTo(other.nkey);
    }

    @Override
    public String toString() {
        return nkey;
    }

    private static String hint(String text) {
        if (text.startsWith("SU")) {
            return "; this looks like a private seed, which must never be sent: give the public key, which begins with U";
        }
        return "; an endpoint is a public NKey: U and 55 more characters, as `unibus identity show` prints it";
    }
}
