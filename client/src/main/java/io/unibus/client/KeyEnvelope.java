package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.SealedKey;
import java.nio.ByteBuffer;

/**
 * The bytes of a sealed room key: version 1 (1 byte), the author's Ed25519 public key (32), HPKE's encapsulated key (32),
 * the ciphertext of the 32-byte room key with its tag (48).
 */
final class KeyEnvelope {
    private static final byte VERSION = 1;
    private static final int AUTHOR_BYTES = 32;
    private static final int ENCAPSULATED_BYTES = 32;
    private static final int CIPHERTEXT_BYTES = RoomSecret.BYTES + 16;
    private static final int BYTES = 1 + AUTHOR_BYTES + ENCAPSULATED_BYTES + CIPHERTEXT_BYTES;

    private final Endpoint author;
    private final Hpke.Sealed sealed;

    KeyEnvelope(Endpoint author, Hpke.Sealed sealed) {
        this.author = author;
        this.sealed = sealed;
    }

    /** @throws SealingException when it has another version or length */
    static KeyEnvelope parse(SealedKey key) {
        ByteBuffer bytes = ByteBuffer.wrap(key.bytes());
        if (bytes.get(0) != VERSION) {
            throw new SealingException("the sealed key has version " + (bytes.get(0) & 0xff)
                    + ", which this client does not know: use a newer one");
        }
        if (bytes.remaining() != BYTES) {
            throw new SealingException("the sealed key has " + bytes.remaining() + " bytes, not " + BYTES
                    + ": it was damaged on its way, or made by other software");
        }
        bytes.get();
        Endpoint author = Endpoint.ofPublicKey(take(bytes, AUTHOR_BYTES));
        byte[] encapsulated = take(bytes, ENCAPSULATED_BYTES);
        return new KeyEnvelope(author, new Hpke.Sealed(encapsulated, take(bytes, CIPHERTEXT_BYTES)));
    }

    /** Who says to have sealed the key. Only a signature can prove it: whoever knows the recipient can write any name. */
    Endpoint author() {
        return author;
    }

    Hpke.Sealed sealed() {
        return sealed;
    }

    SealedKey toSealedKey() {
        return SealedKey.of(ByteBuffer.allocate(BYTES)
                .put(VERSION)
                .put(author.publicKey())
                .put(sealed.encapsulated())
                .put(sealed.ciphertext())
                .array());
    }

    private static byte[] take(ByteBuffer bytes, int length) {
        byte[] taken = new byte[length];
        bytes.get(taken);
        return taken;
    }
}
