package io.unibus.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.greenbytes.http.sfv.InnerList;
import org.greenbytes.http.sfv.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestSignatureTest {
    private static final Instant CREATED = Instant.parse("2026-11-27T12:00:00Z");
    private static final String NONCE = "abcdefghijklmnop";
    private static final String ENDPOINT = "UDCS2OL2PCQ3OAAWZDLK6A6BZC7SHFNCB5NKMYLMKLYO64VAPCTHRQLG";
    private static final String PARAMETERS =
            ";created=1795780800;nonce=\"" + NONCE + "\";keyid=\"" + ENDPOINT + "\";alg=\"ed25519\"";
    private static final String WITHOUT_BODY = "(\"@method\" \"@authority\" \"@path\" \"@query\")";
    private static final String WITH_BODY = "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")";

    /** RFC 9421, appendix B.2.6 with the key of appendix B.1.4. */
    @Test
    void theExampleOfTheStandardSignsAndVerifies() {
        InnerList input = Parser.parseInnerList("(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\""
                + " \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
        Map<String, String> request = Map.of(
                "date", "Tue, 20 Apr 2021 02:07:55 GMT",
                "@method", "POST",
                "@path", "/foo",
                "@authority", "example.com",
                "content-type", "application/json",
                "content-length", "18");
        byte[] base = RequestSignature.base(
                input, component -> Optional.ofNullable(request.get(component)).orElseThrow());
        byte[] seed = bytes("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=");
        byte[] publicKey = bytes("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs=");
        byte[] expected =
                bytes("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==");
        assertThat(Ed25519.verify(expected, 0, publicKey, 0, base, 0, base.length))
                .isTrue();
        byte[] signature = new byte[64];
        new Ed25519PrivateKeyParameters(seed).sign(Ed25519.Algorithm.Ed25519, null, base, 0, base.length, signature, 0);
        assertThat(signature).isEqualTo(expected);
    }

    @Test
    void whatIsSignedIsTheRequestAsItStandsOnTheWire() {
        RequestSignature signature = RequestSignature.of(new Endpoint(ENDPOINT), CREATED, NONCE, true);
        assertThat(signature.inputField()).isEqualTo("unibus=" + WITH_BODY + PARAMETERS);
        String digest = ContentDigest.of("{}".getBytes(StandardCharsets.UTF_8));
        SignedRequest request =
                SignedRequest.of("POST", URI.create("http://Bus.Example:80/rooms/a%2Fb?x=%20y"), Optional.of(digest));
        assertThat(text(signature.base(request)))
                .isEqualTo(
                        "\"@method\": POST\n\"@authority\": bus.example\n\"@path\": /rooms/a%2Fb\n\"@query\": ?x=%20y\n"
                                + "\"content-digest\": sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:\n"
                                + "\"@signature-params\": " + WITH_BODY + PARAMETERS);
    }

    @Test
    void aPathAndAQueryThatAreNotThereAreSignedAsSlashAndQuestionMark() {
        RequestSignature signature = RequestSignature.of(new Endpoint(ENDPOINT), CREATED, NONCE, false);
        SignedRequest request = SignedRequest.of("GET", URI.create("https://[::1]:443"), Optional.empty());
        assertThat(text(signature.base(request)))
                .startsWith("\"@method\": GET\n\"@authority\": [::1]\n\"@path\": /\n\"@query\": ?\n\"@sig");
    }

    @Test
    void theOrderOfTheSenderIsThatOfTheBase() {
        String input = "(\"@query\" \"@path\" \"@authority\" \"@method\");alg=\"ed25519\";keyid=\"" + ENDPOINT
                + "\";nonce=\"" + NONCE + "\";created=1795780800";
        RequestSignature signature = RequestSignature.parse("unibus=" + input, false);
        assertThat(signature.signer()).isEqualTo(new Endpoint(ENDPOINT));
        assertThat(signature.created()).isEqualTo(CREATED);
        assertThat(signature.nonce()).isEqualTo(NONCE);
        SignedRequest request = SignedRequest.of("GET", URI.create("http://h:8420/p"), Optional.empty());
        assertThat(text(signature.base(request)))
                .isEqualTo("\"@query\": ?\n\"@path\": /p\n\"@authority\": h:8420\n\"@method\": GET\n"
                        + "\"@signature-params\": " + input);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "unibus",
                "unibus=1",
                "unibus=\"a\"",
                "sig1=" + WITHOUT_BODY + PARAMETERS,
                "unibus=" + WITHOUT_BODY + PARAMETERS + ", sig1=" + WITHOUT_BODY + PARAMETERS,
                "unibus=()" + PARAMETERS,
                "unibus=(\"@method\" \"@authority\" \"@path\")" + PARAMETERS,
                "unibus=" + WITH_BODY + PARAMETERS,
                "unibus=(\"@method\" \"@authority\" \"@path\" \"@query\" \"@scheme\")" + PARAMETERS,
                "unibus=(\"@method\" \"@authority\" \"@path\" \"@query\" \"@query\")" + PARAMETERS,
                "unibus=(\"@method\" \"@authority\" \"@path\" \"@query\";req)" + PARAMETERS,
                "unibus=(@method \"@authority\" \"@path\" \"@query\")" + PARAMETERS,
                "unibus=(method \"@authority\" \"@path\" \"@query\")" + PARAMETERS,
                "unibus=" + WITHOUT_BODY,
                "unibus=" + WITHOUT_BODY + PARAMETERS + ";expires=1795780900",
                "unibus=" + WITHOUT_BODY + PARAMETERS + ";tag=\"x\"",
                "unibus=" + WITHOUT_BODY + ";created=1795780800;nonce=\"" + NONCE + "\";keyid=\"" + ENDPOINT + "\"",
                "unibus=" + WITHOUT_BODY + ";created=1795780800;nonce=\"" + NONCE + "\";keyid=\"" + ENDPOINT
                        + "\";alg=\"rsa-v1_5-sha256\"",
                "unibus=" + WITHOUT_BODY + ";created=\"now\";nonce=\"" + NONCE + "\";keyid=\"" + ENDPOINT
                        + "\";alg=\"ed25519\"",
                "unibus=" + WITHOUT_BODY + ";created=1795780800;nonce=\"short\";keyid=\"" + ENDPOINT
                        + "\";alg=\"ed25519\"",
                "unibus=" + WITHOUT_BODY + ";created=1795780800;nonce=\"" + NONCE
                        + "\";keyid=\"somebody\";alg=\"ed25519\""
            })
    void whatIsNotOfTheProfileIsRefused(String input) {
        assertThatThrownBy(() -> RequestSignature.parse(input, false)).isInstanceOf(MalformedException.class);
    }

    @Test
    void aBodyMustBeCovered() {
        assertThatThrownBy(() -> RequestSignature.parse("unibus=" + WITHOUT_BODY + PARAMETERS, true))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("does not cover content-digest");
    }

    @Test
    void signaturesAreReadAsTheyAreWritten() {
        byte[] signature = new byte[64];
        signature[0] = (byte) 0xff;
        assertThat(RequestSignature.parseSignature(RequestSignature.signatureField(signature)))
                .isEqualTo(signature);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "unibus=:AAAA:", "unibus=\"x\"", "unibus=(1)", "sig1=:AAAA:", "unibus=:AA"})
    void otherSignaturesAreRefused(String field) {
        assertThatThrownBy(() -> RequestSignature.parseSignature(field)).isInstanceOf(MalformedException.class);
    }

    @Test
    void aDigestIsThatOfItsBody() {
        byte[] body = "{\"hello\": \"world\"}".getBytes(StandardCharsets.UTF_8);
        String field = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"; // RFC 9530, appendix D
        assertThat(ContentDigest.of(body)).isEqualTo(field);
        assertThat(ContentDigest.matches(field, body)).isTrue();
        assertThat(ContentDigest.matches(field, new byte[0])).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "md5=:AAAA:", "sha-256=1", "sha-256", ":AAAA:"})
    void aDigestOfAnotherKindIsRefused(String field) {
        assertThatThrownBy(() -> ContentDigest.matches(field, new byte[0])).isInstanceOf(MalformedException.class);
    }

    private static byte[] bytes(String base64) {
        return Base64.getDecoder().decode(base64.replace('-', '+').replace('_', '/'));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
