package io.unibus.client;

import io.unibus.protocol.ContentDigest;
import io.unibus.protocol.Headers;
import io.unibus.protocol.RequestSignature;
import io.unibus.protocol.SignedRequest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;

/** Signs requests as one identity, each with a time and a nonce of its own. Thread-safe. */
final class RequestSigner {
    private static final int NONCE_BYTES = 16;

    private final Identity caller;
    private final InstantSource clock;
    private final SecureRandom random;

    RequestSigner(Identity caller) {
        this(caller, InstantSource.system(), new SecureRandom());
    }

    RequestSigner(Identity caller, InstantSource clock, SecureRandom random) {
        this.caller = caller;
        this.clock = clock;
        this.random = random;
    }

    /** Adds the fields that name the caller and prove it, to a request with the URI and body that are given. */
    void sign(HttpRequest.Builder request, String method, URI uri, byte[] body) {
        boolean withBody = body.length > 0;
        Optional<String> digest = withBody ? Optional.of(ContentDigest.of(body)) : Optional.empty();
        RequestSignature signature = RequestSignature.of(caller.endpoint(), clock.instant(), nonce(), withBody);
        byte[] base = signature.base(SignedRequest.of(method, uri, digest));
        request.header(Headers.ENDPOINT, caller.endpoint().nkey()); // for nodes that verify nothing
        digest.ifPresent(field -> request.header(ContentDigest.FIELD, field));
        request.header(RequestSignature.INPUT_FIELD, signature.inputField());
        request.header(RequestSignature.SIGNATURE_FIELD, RequestSignature.signatureField(caller.sign(base)));
    }

    private String nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(nonce);
    }
}
