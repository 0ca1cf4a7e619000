package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;

/**
 * The key of one epoch of one room: 32 random bytes that its members share. Sealed to each member with HPKE (RFC 9180) to
 * the X25519 form of the member's Ed25519 key, bound to room, epoch, author and recipient. Immutable; {@link #toString}
 * is redacted.
 *
 * <p>A sealed key that opens is meant for this recipient, room and epoch. It does <em>not</em> prove who sealed it: anyone
 * who knows the recipient's public key can seal one in any author's name.
 */
public final class RoomSecret {
    static final int BYTES = 32;

    private final byte[] bytes;

    private RoomSecret(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A fresh secret. */
    public static RoomSecret generate(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new RoomSecret(bytes);
    }

    /**
     * Seals this secret so that only {@code recipient} opens it.
     *
     * @throws SealingException when the recipient's key is not a valid Ed25519 public key
     */
    public SealedKey seal(RoomId room, Epoch epoch, Endpoint author, Endpoint recipient) {
        byte[] info = new KeyBinding(room, epoch, author, recipient).info();
        return new KeyEnvelope(author, Hpke.seal(x25519PublicKey(recipient), info, bytes)).toSealedKey();
    }

    /**
     * Opens a key sealed to {@code recipient} for this room and epoch, by the author that it names.
     *
     * @throws SealingException when it was sealed for another room, epoch or recipient, or was changed
     */
    public static RoomSecret open(SealedKey sealed, RoomId room, Epoch epoch, Identity recipient) {
        KeyEnvelope envelope = KeyEnvelope.parse(sealed);
        byte[] info = new KeyBinding(room, epoch, envelope.author(), recipient.endpoint()).info();
        byte[] privateKey = recipient.x25519PrivateKey();
        try {
            byte[] publicKey = x25519PublicKey(recipient.endpoint());
            return new RoomSecret(Hpke.open(privateKey, publicKey, info, envelope.sealed()));
        } catch (InvalidCipherTextException e) {
            throw new SealingException(
                    "the sealed key of room " + room + ", epoch " + epoch + " does not open for "
                            + recipient.endpoint() + ": it was sealed for another room, epoch or endpoint, or was"
                            + " changed; ask an owner to rekey the room",
                    e);
        } finally {
            Arrays.fill(privateKey, (byte) 0);
        }
    }

    /** A copy of the 32 bytes, from which message keys are derived. */
    byte[] bytes() {
        return bytes.clone();
    }

    static byte[] x25519PublicKey(Endpoint endpoint) {
        try {
            return Curve25519Map.toX25519(endpoint.publicKey());
        } catch (IllegalArgumentException e) {
            throw new SealingException("nothing can be sealed to " + endpoint + ": " + e.getMessage()
                    + "; it has no private key, so remove it from the room");
        }
    }

    @Override
    public String toString() {
        return "RoomSecret[<redacted>]";
    }
}
