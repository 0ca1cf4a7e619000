package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** An endpoint with a private key that is the SHA-256 of its name, so that tests and vectors can be repeated. */
final class TestPeer implements LinkSigner {
    final String name;
    final Endpoint endpoint;
    private final Ed25519PrivateKeyParameters key;

    TestPeer(String name) {
        this.name = name;
        this.key = new Ed25519PrivateKeyParameters(seed());
        this.endpoint = Endpoint.ofPublicKey(key.generatePublicKey().getEncoded());
    }

    byte[] seed() {
        return bytes("seed of " + name);
    }

    @Override
    public byte[] sign(byte[] text) {
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        key.sign(Ed25519.Algorithm.Ed25519, null, text, 0, text.length, signature, 0);
        return signature;
    }

    /** Returns a room key of 32 bytes that the arguments alone determine. */
    static byte[] roomKey(RoomId room, Epoch epoch) {
        return bytes("key of " + room + " " + epoch);
    }

    /** Returns what stands for sealed keys: 113 bytes each, as those of the client have, which nobody can open. */
    static Map<Endpoint, SealedKey> sealedKeys(Epoch epoch, Collection<Endpoint> recipients) {
        Map<Endpoint, SealedKey> keys = new TreeMap<>();
        for (Endpoint recipient : recipients) {
            byte[] sealed = new byte[113];
            for (int at = 0; at < sealed.length; at += ChainDigest.BYTES) {
                byte[] part = bytes("sealed " + epoch + " " + recipient + " " + at);
                System.arraycopy(part, 0, sealed, at, Math.min(part.length, sealed.length - at));
            }
            keys.put(recipient, SealedKey.of(sealed));
        }
        return keys;
    }

    static byte[] bytes(String text) {
        return ChainDigest.sha256(text.getBytes(StandardCharsets.UTF_8)).bytes();
    }

    @Override
    public String toString() {
        return name;
    }
}
