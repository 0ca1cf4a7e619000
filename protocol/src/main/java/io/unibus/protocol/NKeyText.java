package io.unibus.protocol;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The text form of NKeys: prefix byte, 32 key bytes and CRC-16/XMODEM (little endian), in RFC 4648 base 32 without
 * padding. Seeds carry a second prefix byte that names the kind of key.
 *
 * <p>Source: the NATS documentation of NKeys; the tests hold this codec against jnats.
 */
public final class NKeyText {
    /** Length of a public key in text form. */
    public static final int PUBLIC_KEY_LENGTH = 56;

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final int SEED_PREFIX = 18 << 3;
    private static final int KEY_BYTES = 32;

    private NKeyText() {}

    /** The kinds of key in use here, named by the first letter of their public form. */
    public enum Kind {
        ACCOUNT(0),
        USER(20 << 3);

        private final int prefix;

        Kind(int prefix) {
            this.prefix = prefix;
        }
    }

    /** Encodes 32 bytes of public key. */
    public static String encodePublicKey(Kind kind, byte[] key) {
        requireKeyLength(key);
        byte[] raw = new byte[1 + KEY_BYTES];
        raw[0] = (byte) kind.prefix;
        System.arraycopy(key, 0, raw, 1, KEY_BYTES);
        return encodeWithChecksum(raw);
    }

    /** Encodes a 32-byte seed. The result is a secret. */
    public static char[] encodeSeed(Kind kind, byte[] seed) {
        requireKeyLength(seed);
        byte[] raw = new byte[2 + KEY_BYTES];
        raw[0] = (byte) (SEED_PREFIX | (kind.prefix >> 5));
        raw[1] = (byte) ((kind.prefix & 31) << 3);
        System.arraycopy(seed, 0, raw, 2, KEY_BYTES);
        char[] text = encodeWithChecksum(raw).toCharArray();
        Arrays.fill(raw, (byte) 0);
        return text;
    }

    /**
     * Decodes a public key to its 32 bytes.
     *
     * @throws IllegalArgumentException with a reason that does not repeat the input, which may be a mistyped seed
     */
    public static byte[] decodePublicKey(Kind kind, String text) {
        byte[] raw = decodeWithChecksum(text);
        if (raw.length != 1 + KEY_BYTES) {
            throw new IllegalArgumentException("it must be " + PUBLIC_KEY_LENGTH + " characters long");
        }
        if ((raw[0] & 0xff) != kind.prefix) {
            throw new IllegalArgumentException(
                    "it must be the key of " + (kind == Kind.USER ? "a user, beginning with U" : "an account, A"));
        }
        return Arrays.copyOfRange(raw, 1, raw.length);
    }

    /**
     * Decodes a seed to its 32 bytes, which are a secret.
     *
     * @throws IllegalArgumentException with a reason that does not repeat the input
     */
    public static byte[] decodeSeed(Kind kind, String text) {
        byte[] raw = decodeWithChecksum(text);
        if (raw.length != 2 + KEY_BYTES) {
            throw new IllegalArgumentException("a seed must be 58 characters long");
        }
        int prefix = ((raw[0] & 7) << 5) | ((raw[1] & 0xff) >> 3);
        if ((raw[0] & 0xf8) != SEED_PREFIX || prefix != kind.prefix) {
            throw new IllegalArgumentException(
                    "it must be the seed of " + (kind == Kind.USER ? "a user, beginning with SU" : "an account, SA"));
        }
        return Arrays.copyOfRange(raw, 2, raw.length);
    }

    private static void requireKeyLength(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key has 32 bytes, not " + key.length);
        }
    }

    private static String encodeWithChecksum(byte[] raw) {
        byte[] checked = Arrays.copyOf(raw, raw.length + 2);
        int crc = crc16(raw, raw.length);
        checked[raw.length] = (byte) crc;
        checked[raw.length + 1] = (byte) (crc >> 8);
        StringBuilder text = new StringBuilder();
        int buffer = 0;
        int bits = 0;
        for (byte b : checked) {
            buffer = (buffer << 8) | (b & 0xff);
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                text.append(ALPHABET.charAt((buffer >> bits) & 31));
            }
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0) {
            text.append(ALPHABET.charAt((buffer << (5 - bits)) & 31));
        }
        return text.toString();
    }

    private static byte[] decodeWithChecksum(String text) {
        byte[] checked = decodeBase32(text);
        if (checked.length < 4) {
            throw new IllegalArgumentException("it is too short");
        }
        int length = checked.length - 2;
        int expected = (checked[length] & 0xff) | ((checked[length + 1] & 0xff) << 8);
        if (crc16(checked, length) != expected) {
            throw new IllegalArgumentException("its checksum is wrong: a character is missing or mistyped");
        }
        return Arrays.copyOf(checked, length);
    }

    private static byte[] decodeBase32(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int buffer = 0;
        int bits = 0;
        for (int i = 0; i < text.length(); i++) {
            int value = ALPHABET.indexOf(text.charAt(i));
            if (value < 0) {
                throw new IllegalArgumentException("character " + (i + 1) + " is not one of A-Z and 2-7");
            }
            buffer = (buffer << 5) | value;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                bytes.write(buffer >> bits);
                buffer &= (1 << bits) - 1;
            }
        }
        if (buffer != 0 || bits >= 5) {
            throw new IllegalArgumentException("it does not end on a whole byte");
        }
        return bytes.toByteArray();
    }

    /** CRC-16/XMODEM: polynomial 0x1021, initial value 0. */
    private static int crc16(byte[] bytes, int length) {
        int crc = 0;
        for (int i = 0; i < length; i++) {
            crc ^= (bytes[i] & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = ((crc << 1) ^ ((crc & 0x8000) == 0 ? 0 : 0x1021)) & 0xffff;
            }
        }
        return crc;
    }
}
