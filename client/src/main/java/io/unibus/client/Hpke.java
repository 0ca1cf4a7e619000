package io.unibus.client;

import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;

/**
 * HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305, for one message with
 * empty associated data. Keys are raw X25519 keys.
 */
final class Hpke {
    private static final byte[] NO_ASSOCIATED_DATA = {};

    private Hpke() {}

    /** What the sender sends. */
    static final class Sealed {
        private final byte[] encapsulated;
        private final byte[] ciphertext;

        Sealed(byte[] encapsulated, byte[] ciphertext) {
            this.encapsulated = encapsulated;
            this.ciphertext = ciphertext;
        }

        byte[] encapsulated() {
            return encapsulated;
        }

        byte[] ciphertext() {
            return ciphertext;
        }
    }

    static Sealed seal(byte[] recipientPublicKey, byte[] info, byte[] plaintext) {
        HPKE hpke = suite();
        AsymmetricKeyParameter recipient = hpke.deserializePublicKey(recipientPublicKey);
        HPKEContextWithEncapsulation context = hpke.setupBaseS(recipient, info);
        try {
            return new Sealed(context.getEncapsulation(), context.seal(NO_ASSOCIATED_DATA, plaintext));
        } catch (InvalidCipherTextException e) {
            throw new IllegalStateException("encryption cannot fail on its input", e);
        }
    }

    /**
     * The plaintext.
     *
     * @throws InvalidCipherTextException when the key, the info or any byte is not what it was sealed with
     */
    static byte[] open(byte[] privateKey, byte[] publicKey, byte[] info, Sealed sealed)
            throws InvalidCipherTextException {
        HPKE hpke = suite();
        AsymmetricCipherKeyPair recipient = hpke.deserializePrivateKey(privateKey, publicKey);
        try {
            return hpke.setupBaseR(sealed.encapsulated(), recipient, info)
                    .open(NO_ASSOCIATED_DATA, sealed.ciphertext());
        } catch (IllegalStateException e) {
            // The agreement is all zeros: the encapsulated key is a point of low order (RFC 9180, section 7.1.4).
            throw new InvalidCipherTextException("the encapsulated key is not a valid public key", e);
        }
    }

    /** Not thread-safe, hence one for each use. */
    static HPKE suite() {
        return new HPKE(HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_CHACHA20_POLY1305);
    }
}
