package io.unibus.node.bus;

import io.nats.client.NKey;
import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** A key pair that the nodes of a cluster derive from their shared key, each for one purpose. Signs; shows no secret. */
final class BusKeys {
    private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{1,64}");

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

    /**
     * Signs the nonce of a server at a login, and nothing else: a server that sends, as its nonce, what is signed elsewhere, such
     * as a request over HTTP, would get a signature that it can use there.
     *
     * @return 64 bytes of Ed25519
     * @throws IllegalArgumentException when it is no nonce of nats-server
     */
    byte[] signNonce(byte[] nonce) {
        if (!NONCE.matcher(new String(nonce, StandardCharsets.ISO_8859_1)).matches()) {
            throw new IllegalArgumentException("the server asks to sign " + nonce.length
                    + " bytes that are no nonce of nats-server; nothing was signed");
        }
        try {
            return pair.sign(nonce);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Ed25519 is not available on this Java platform", e);
        }
    }

    @Override
    public String toString() {
        return publicKey;
    }
}
