package io.unibus.cluster;

import io.nats.client.AuthHandler;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
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
 * Logs in to the account that holds the control plane, as only nodes can: with the key that HKDF-SHA256 (RFC 5869) derives
 * from the cluster's.
 */
final class ControlLogin implements AuthHandler {
    private static final String LABEL = "unibus nkey user CONTROL";

    private static final Duration RECONNECT_WAIT = Duration.ofMillis(20);
    private static final Duration PING_INTERVAL = Duration.ofSeconds(2);

    private final NKey pair;

    private ControlLogin(NKey pair) {
        this.pair = pair;
    }

    /** It comes back by itself, as a node's own; closed by the caller. */
    static Connection to(String address, Path clusterKey) {
        try {
            String line = Files.readString(clusterKey).strip();
            byte[] key = Base64.getUrlDecoder().decode(line.substring(line.indexOf(':') + 1));
            byte[] seed = hmac(hmac(new byte[key.length], key), (LABEL + '\u0001').getBytes(StandardCharsets.UTF_8));
            return Nats.connect(Options.builder()
                    .server("nats://" + address)
                    .authHandler(new ControlLogin(NKey.fromSeed(NKeyText.encodeSeed(NKeyText.Kind.USER, seed))))
                    .maxReconnects(-1)
                    .reconnectWait(RECONNECT_WAIT)
                    .reconnectBufferSize(0) // what cannot be sent now must not be sent later
                    .pingInterval(PING_INTERVAL)
                    .reportNoResponders()
                    .errorListener(new ErrorListener() {})
                    .build());
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError("no login at " + address, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
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
            throw new AssertionError(e);
        }
    }

    @Override
    public char[] getID() {
        try {
            return pair.getPublicKey();
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public char @Nullable [] getJWT() {
        return null;
    }
}
