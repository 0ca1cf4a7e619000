package io.unibus.node.bus;

import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.nats.client.support.JwtUtils;
import io.unibus.node.control.DenialReason;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * A server's question whether a client may log in, or stay logged in after a reload of the configuration.
 *
 * <p>Source of the form: the NATS documentation of the authorization callout, version 2 of its claims.
 *
 * @param serverName the name of the server, which is that of its node
 * @param userKey the key that the server made up for the answer
 * @param host the client's address
 * @param user the name that the client gave; after a reload that of the answer before, {@link #PEER}
 * @param nkey whom the client claims to be; empty after a reload
 * @param signature the client's, over {@code nonce}, in either alphabet of base64
 */
record AuthRequest(
        ConnectionId connection,
        String serverName,
        String userKey,
        String host,
        Optional<String> user,
        Optional<String> nkey,
        Optional<String> signature,
        Optional<String> nonce) {

    /** The user that every peer is to the server; nobody can log in as it. */
    static final String PEER = "peer";

    /** @throws MalformedException when it is none */
    static AuthRequest parse(byte[] data) {
        try {
            JsonValue claims = JsonParser.parse(JwtUtils.getClaimBody(new String(data, StandardCharsets.US_ASCII)));
            JsonValue nats = JsonValueUtils.readObject(claims, "nats");
            JsonValue client = JsonValueUtils.readObject(nats, "client_info");
            JsonValue options = JsonValueUtils.readObject(nats, "connect_opts");
            JsonValue server = JsonValueUtils.readObject(nats, "server_id");
            return new AuthRequest(
                    new ConnectionId(required(server, "id"), JsonValueUtils.readLong(client, "id", 0)),
                    text(server, "name").orElse(""),
                    required(nats, "user_nkey"),
                    text(client, "host").orElse(""),
                    text(options, "user"),
                    text(options, "nkey"),
                    text(options, "sig"),
                    text(client, "nonce"));
        } catch (JsonParseException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedException("request", "the server's request is no JWT");
        }
    }

    private static String required(JsonValue object, String name) {
        return text(object, name)
                .orElseThrow(() -> new MalformedException("request", "the server's request has no " + name));
    }

    private static Optional<String> text(JsonValue object, String name) {
        @Nullable String value = JsonValueUtils.readString(object, name);
        return Optional.ofNullable(value).filter(text -> !text.isEmpty());
    }

    /** Returns whether the server may be asking anew for a connection that was let in before. */
    boolean mayBeAskedAgain() {
        return nkey.isEmpty() && user.filter(PEER::equals).isPresent();
    }

    /** Returns who logs in, proven or not; empty when nobody is named. @throws MalformedException when it is no endpoint */
    Optional<Endpoint> endpoint() {
        return nkey.map(Endpoint::new);
    }

    /** Returns why the signature does not prove that {@code endpoint} logs in; empty when it does. */
    Optional<DenialReason> flawOfSignature(Endpoint endpoint) {
        return nonce.isPresent() && signature.isPresent() && isSigned(endpoint, nonce.get(), signature.get())
                ? Optional.empty()
                : Optional.of(DenialReason.SIGNATURE_WRONG);
    }

    /** Clients send the signature in either alphabet of base64, with padding or without. */
    static boolean isSigned(Endpoint endpoint, String nonce, String signature) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder()
                    .decode(signature.replace('-', '+').replace('_', '/').replace("=", ""));
        } catch (IllegalArgumentException e) {
            return false;
        }
        byte[] message = nonce.getBytes(StandardCharsets.US_ASCII);
        return bytes.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(bytes, 0, endpoint.publicKey(), 0, message, 0, message.length);
    }

    /** Names the connection only: the rest may hold what the client typed as a password. */
    @Override
    public String toString() {
        return "AuthRequest[" + connection + "]";
    }
}
