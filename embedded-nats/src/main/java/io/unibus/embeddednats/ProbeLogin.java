package io.unibus.embeddednats;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.function.UnaryOperator;

/** How the readiness check logs in. The login must not depend on an auth callout, which may not be answered yet. */
@FunctionalInterface
public interface ProbeLogin {
    /**
     * The authentication fields of the protocol's CONNECT message.
     *
     * @param nonce the server's challenge, empty when it sent none
     */
    Map<String, String> connectFields(String nonce);

    /** For a server that lets everyone in, or that has a {@code no_auth_user}. */
    static ProbeLogin none() {
        return nonce -> Map.of();
    }

    static ProbeLogin password(String user, Secret password) {
        return nonce -> Map.of("user", user, "pass", password.reveal());
    }

    /**
     * Signs the server's nonce.
     *
     * @param signer the Ed25519 signature (64 bytes) of the given bytes under the private part of that key
     */
    static ProbeLogin nkey(String publicKey, UnaryOperator<byte[]> signer) {
        return nonce -> Map.of(
                "nkey",
                publicKey,
                "sig",
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(signer.apply(nonce.getBytes(StandardCharsets.US_ASCII))));
    }
}
