package io.unibus.node.http;

import io.unibus.client.Identity;
import io.unibus.protocol.ContentDigest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.RequestSignature;
import io.unibus.protocol.SignedRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A request over a real socket, each line of which the test writes: it is sent as it is, whatever was signed. */
final class SentRequest {
    final List<String> fields = new ArrayList<>();
    String server;
    String method;
    String target;
    String host;
    String body;

    private SentRequest(String server, String method, String target, String body) {
        this.server = server;
        this.method = method;
        this.target = target;
        this.host = URI.create(server).getRawAuthority();
        this.body = body;
    }

    static SentRequest to(String server, String method, String target, String body) {
        return new SentRequest(server, method, target, body);
    }

    SentRequest signedBy(Identity signer) {
        return signedBy(
                signer, signer.endpoint(), Instant.now(), UUID.randomUUID().toString());
    }

    SentRequest signedBy(Identity signer, Endpoint keyId, Instant created, String nonce) {
        boolean withBody = !body.isEmpty();
        Optional<String> digest = withBody ? Optional.of(ContentDigest.of(bytes(body))) : Optional.empty();
        RequestSignature signature = RequestSignature.of(keyId, created, nonce, withBody);
        URI uri = URI.create("http://" + host + target);
        byte[] base = signature.base(SignedRequest.of(method, uri, digest));
        digest.ifPresent(value -> fields.add(ContentDigest.FIELD + ": " + value));
        fields.add(RequestSignature.INPUT_FIELD + ": " + signature.inputField());
        fields.add(RequestSignature.SIGNATURE_FIELD + ": " + RequestSignature.signatureField(signer.sign(base)));
        return this;
    }

    SentRequest naming(Identity caller) {
        fields.add("Unibus-Endpoint: " + caller.endpoint());
        return this;
    }

    /** Replaces text in the fields, as somebody between client and node could. */
    SentRequest altered(String text, String by) {
        fields.replaceAll(field -> field.replace(text, by));
        return this;
    }

    /** Returns the status, and the code of the problem if it is one. */
    String answer() throws IOException {
        try (RawConnection connection = RawConnection.to(server)) {
            List<String> lines = new ArrayList<>(List.of(method + " " + target + " HTTP/1.1", "Host: " + host));
            lines.addAll(fields);
            lines.add("Content-Length: " + bytes(body).length);
            lines.add("");
            connection.sendLines(lines.toArray(String[]::new)).send(body);
            RawConnection.Response response = connection.read();
            return response.status() < 400
                    ? Integer.toString(response.status())
                    : response.status() + " "
                            + JsonObject.parse(bytes(response.body())).requiredString("code");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
