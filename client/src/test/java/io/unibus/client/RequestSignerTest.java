package io.unibus.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.ContentDigest;
import io.unibus.protocol.Headers;
import io.unibus.protocol.RequestSignature;
import io.unibus.protocol.SignedRequest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.junit.jupiter.api.Test;

final class RequestSignerTest {
    private static final Instant NOW = Instant.parse("2026-11-27T12:00:00.999Z");
    private static final URI ROOMS = URI.create("http://127.0.0.1:8420/rooms?x=%2F");

    private final Identity me = Identity.generate(SeededRandom.fresh());
    private final RequestSigner signer = new RequestSigner(me, InstantSource.fixed(NOW), SeededRandom.fresh());

    @Test
    void aRequestWithABodyProvesItsCaller() {
        byte[] body = "{}".getBytes(UTF_8);
        HttpRequest.Builder builder = HttpRequest.newBuilder(ROOMS).POST(BodyPublishers.ofByteArray(body));
        signer.sign(builder, "POST", ROOMS, body);
        HttpRequest request = builder.build();
        assertThat(ContentDigest.matches(field(request, ContentDigest.FIELD), body))
                .isTrue();
        assertProves(request, true);
    }

    @Test
    void aRequestWithoutABodyHasNoDigest() {
        HttpRequest.Builder builder = HttpRequest.newBuilder(ROOMS).GET();
        signer.sign(builder, "GET", ROOMS, new byte[0]);
        HttpRequest request = builder.build();
        assertThat(request.headers().firstValue(ContentDigest.FIELD)).isEmpty();
        assertProves(request, false);
    }

    @Test
    void noNonceIsUsedTwice() {
        assertThat(nonce()).hasSizeBetween(16, 64).isNotEqualTo(nonce());
    }

    private String nonce() {
        HttpRequest.Builder builder = HttpRequest.newBuilder(ROOMS).GET();
        signer.sign(builder, "GET", ROOMS, new byte[0]);
        return RequestSignature.parse(field(builder.build(), RequestSignature.INPUT_FIELD), false)
                .nonce();
    }

    private void assertProves(HttpRequest request, boolean withBody) {
        RequestSignature signature = RequestSignature.parse(field(request, RequestSignature.INPUT_FIELD), withBody);
        assertThat(signature.signer()).isEqualTo(me.endpoint());
        assertThat(signature.created()).isEqualTo(Instant.parse("2026-11-27T12:00:00Z"));
        assertThat(field(request, Headers.ENDPOINT)).isEqualTo(me.endpoint().nkey());
        Optional<String> digest = request.headers().firstValue(ContentDigest.FIELD);
        byte[] base = signature.base(SignedRequest.of(request.method(), request.uri(), digest));
        byte[] bytes = RequestSignature.parseSignature(field(request, RequestSignature.SIGNATURE_FIELD));
        assertThat(Ed25519.verify(bytes, 0, me.endpoint().publicKey(), 0, base, 0, base.length))
                .isTrue();
    }

    private static String field(HttpRequest request, String name) {
        assertThat(request.headers().allValues(name)).hasSize(1);
        return request.headers().firstValue(name).orElseThrow();
    }
}
