package io.unibus.client;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * The birational map from Ed25519 to X25519 public keys: u = (1 + y) / (1 - y) over 2^255 - 19 (RFC 7748, section 4.1).
 * Works on public values only, so that it need not take constant time, and does not.
 */
final class Curve25519Map {
    private static final int KEY_BYTES = 32;
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    private Curve25519Map() {}

    /**
     * The X25519 public key of the scalar that {@code ed25519} is the Ed25519 public key of.
     *
     * @throws IllegalArgumentException when it is not the canonical encoding of a point of the prime-order group other
     *     than the neutral one: no honest key is
     */
    static byte[] toX25519(byte[] ed25519) {
        // Refuses y >= p, points off the curve, and points of small or mixed order.
        if (ed25519.length != KEY_BYTES || !Ed25519.validatePublicKeyFull(ed25519, 0)) {
            throw new IllegalArgumentException("it is not a valid Ed25519 public key");
        }
        BigInteger y = yCoordinate(ed25519);
        BigInteger u = BigInteger.ONE.add(y).multiply(BigInteger.ONE.subtract(y).modInverse(P));
        return littleEndian(u.mod(P));
    }

    private static BigInteger yCoordinate(byte[] ed25519) {
        byte[] bigEndian = reversed(ed25519);
        bigEndian[0] &= 0x7f; // the sign of x
        return new BigInteger(1, bigEndian);
    }

    private static byte[] littleEndian(BigInteger value) {
        byte[] reversed = reversed(value.toByteArray());
        return Arrays.copyOf(reversed, KEY_BYTES);
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }
}
