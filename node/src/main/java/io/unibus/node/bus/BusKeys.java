package io.unibus.node.bus;

import io.nats.client.NKey;
import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/** A key pair that the nodes of a cluster derive from their shared key, each for one purpose. Signs; shows no secret. */
final class BusKeys {
    private final NKey pair;
    private final String publicKey;

    private BusKeys(NKey pair, String publicKey) {
        this.pair = pair;
        this.publicKey = publicKey;
    }

    /** The user of {@code account} as whom nodes log in. */
    static BusKeys user(ClusterKey key, String account) {
        return of(key.deriveSeed(NKeyText.Kind.USER, "nkey user " + account));
    }

    /** The account key that signs admissions to the bus. */
    static BusKeys admissionIssuer(ClusterKey key) {
        return of(key.deriveSeed(NKeyText.Kind.ACCOUNT, "nkey admission issuer"));
    }

    private static BusKeys of(char[] seed) {
        try {
            NKey pair = NKey.fromSeed(seed);
            return new BusKeys(pair, new String(pair.getPublicKey()));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("a key pair cannot be derived on this Java platform", e);
        } finally {
            Arrays.fill(seed, '0');
        }
    }

    String publicKey() {
        return publicKey;
    }

    NKey pair() {
        return pair;
    }

    /** The Ed25519 signature of {@code message}, 64 bytes. */
    byte[] sign(byte[] message) {
        try {
            return pair.sign(message);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Ed25519 is not available on this Java platform", e);
        }
    }

    @Override
    public String toString() {
        return publicKey;
    }
}
