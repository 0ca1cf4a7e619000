package io.unibus.benchmarks;

import io.nats.client.AuthHandler;
import io.nats.client.Connection;
import io.nats.client.NKey;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A login to the account that holds the control plane, as only nodes have it: with the key that HKDF-SHA256 (RFC 5869) derives
 * from the cluster's.
 */
final class ControlLogin implements AuthHandler {
    private static final String LABEL = "unibus nkey user CONTROL";

    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(30);

    private final NKey pair;

    private ControlLogin(NKey pair) {
        this.pair = pair;
    }

    /** Returns a connection, which the caller closes. */
    static Connection connect(String address, Path clusterKey)
            throws IOException, GeneralSecurityException, InterruptedException {
        String line = Files.readString(clusterKey).strip();
        byte[] key = Base64.getUrlDecoder().decode(line.substring(line.indexOf(':') + 1));
        byte[] seed = hmac(hmac(new byte[key.length], key), (LABEL + '\u0001').getBytes(StandardCharsets.UTF_8));
        return Nats.connect(Options.builder()
                .server("nats://" + address)
                .ignoreDiscoveredServers()
                .connectionTimeout(CONNECTION_TIMEOUT)
                .authHandler(new ControlLogin(NKey.fromSeed(NKeyText.encodeSeed(NKeyText.Kind.USER, seed))))
                .build());
    }

    private static byte[] hmac(byte[] key, byte[] message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message);
    }

    @Override
    public byte[] sign(byte[] nonce) {
        try {
            return pair.sign(nonce);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the nonce was not signed", e);
        }
    }

    @Override
    public char[] getID() {
        try {
            return pair.getPublicKey();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the key is none", e);
        }
    }

    @Override
    public char @Nullable [] getJWT() {
        return null;
    }
}
