package io.unibus.embeddednats;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;

/** Ed25519 keys in NKey form, from the JDK alone. */
final class TestKeys {
    static final int ACCOUNT = 0;
    static final int USER = 20 << 3;

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private TestKeys() {}

    static KeyPair generate() throws GeneralSecurityException {
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    static byte[] sign(KeyPair pair, byte[] data) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(data);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String publicKey(int prefix, KeyPair pair) {
        byte[] spki = pair.getPublic().getEncoded();
        return encode(prefix, Arrays.copyOfRange(spki, spki.length - 32, spki.length));
    }

    /** Prefix, key and CRC-16/XMODEM in base 32. */
    static String encode(int prefix, byte[] key) {
        byte[] raw = new byte[35];
        raw[0] = (byte) prefix;
        System.arraycopy(key, 0, raw, 1, 32);
        int crc = 0;
        for (int i = 0; i < 33; i++) {
            crc ^= (raw[i] & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
        }
        raw[33] = (byte) crc;
        raw[34] = (byte) (crc >> 8);
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < 280; bit += 5) {
            int window = ((raw[bit / 8] & 0xff) << 8) | (bit / 8 + 1 < 35 ? raw[bit / 8 + 1] & 0xff : 0);
            text.append(ALPHABET.charAt((window >> (11 - bit % 8)) & 31));
        }
        return text.toString();
    }
}
