package io.unibus.node.http;

import io.unibus.node.config.NodeConfig;
import io.unibus.node.control.DenialReason;
import io.unibus.protocol.ContentDigest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RequestSignature;
import io.unibus.protocol.SignedRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Verifies the signatures of requests: RFC 9421 in the profile of {@link RequestSignature}. The cheap checks come first, so
 * that nobody makes the node verify signatures that prove nothing. Thread-safe.
 */
final class SignatureVerifier {
    /** The most by which the clocks of signer and node may be apart, the request's way included. */
    static final Duration TOLERANCE = Duration.ofSeconds(30);

    private final OwnAuthorities authorities;
    private final InstantSource clock;
    /** To the second, as signers say theirs. */
    private final Instant started;

    private final NonceCache nonces;
    private final LatestSigned latest;

    SignatureVerifier(NodeConfig config, InstantSource clock, LongSupplier nanoTime) {
        this(
                new OwnAuthorities(config.tls().httpScheme(), config.http(), config.httpNames()),
                LatestSigned.open(config.dataDir().resolve("http.latest")),
                clock,
                nanoTime);
    }

    SignatureVerifier(OwnAuthorities authorities, LatestSigned latest, InstantSource clock, LongSupplier nanoTime) {
        this.authorities = authorities;
        this.latest = latest;
        this.clock = clock;
        this.started = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        this.nonces = new NonceCache(TOLERANCE.multipliedBy(2), nanoTime);
    }

    /** A signature of the right form, made just now for this node, of which is not known yet whether it is right. */
    static final class Claim {
        private final RequestSignature form;
        private final byte[] signature;
        private final byte[] base;

        private Claim(RequestSignature form, byte[] signature, byte[] base) {
            this.form = form;
            this.signature = signature;
            this.base = base;
        }

        Endpoint endpoint() {
            return form.signer();
        }
    }

    /**
     * Reads a signature and makes all checks that cost little.
     *
     * @throws InvalidSignatureException when there is none, or it cannot be right
     * @throws ProblemException 503 when it may be from before the start of this process
     */
    Claim read(Request request) {
        String input = onlyField(request, RequestSignature.INPUT_FIELD);
        String signatureField = onlyField(request, RequestSignature.SIGNATURE_FIELD);
        boolean withBody = request.body().length > 0;
        try {
            RequestSignature form = RequestSignature.parse(input, withBody);
            byte[] signature = RequestSignature.parseSignature(signatureField);
            requireRecent(form.created());
            SignedRequest parts = request.signedParts();
            if (!authorities.include(parts.authority(), request.destination())) {
                throw new InvalidSignatureException(
                        DenialReason.SIGNATURE_OF_OTHER_HOST,
                        "This request is for " + parts.authority()
                                + ", which is none of this node's names: ask the node"
                                + " by the address that it listens on, or start it with --http-names "
                                + parts.authority() + ".");
            }
            if (withBody && !ContentDigest.matches(onlyField(request, ContentDigest.FIELD), request.body())) {
                throw new InvalidSignatureException(
                        DenialReason.SIGNATURE_WRONG,
                        "The body is not the one that " + ContentDigest.FIELD + " is of.");
            }
            return new Claim(form, signature, form.base(parts));
        } catch (MalformedException e) {
            throw new InvalidSignatureException(DenialReason.SIGNATURE_MALFORMED, e.getMessage());
        }
    }

    /**
     * Verifies what {@link #read} has returned, and takes note of it, so that it cannot be used again.
     *
     * @return who has signed
     * @throws InvalidSignatureException when the signature is wrong, or was seen before
     * @throws ProblemException 429 when the endpoint has signed more requests than can be remembered
     */
    Endpoint verify(Request request, Claim claim) {
        byte[] key = claim.endpoint().publicKey();
        if (!Ed25519.verify(claim.signature, 0, key, 0, claim.base, 0, claim.base.length)) {
            SignedRequest parts = request.signedParts();
            throw new InvalidSignatureException(
                    DenialReason.SIGNATURE_WRONG,
                    "The signature is not that of " + claim.endpoint() + " for this request as it has arrived: "
                            + parts.method() + " " + parts.path() + " with query " + parts.query() + " for "
                            + parts.authority()
                            + ". A proxy before this node must pass Host, path and query unchanged.");
        }
        latest.note(claim.form.created());
        return switch (nonces.enter(claim.endpoint(), claim.form.nonce())) {
            case FRESH -> claim.endpoint();
            case SEEN ->
                throw new InvalidSignatureException(
                        DenialReason.SIGNATURE_REPLAYED,
                        "This nonce was used before: sign each request anew, with a fresh nonce.");
            case TOO_MANY ->
                throw new ProblemException(
                        Problem.of(
                                429,
                                "too-many-requests",
                                "Too many requests were signed within a minute for this node to remember them; try again later."));
        };
    }

    private void requireRecent(Instant created) {
        Instant now = clock.instant();
        if (Duration.between(created, now).abs().compareTo(TOLERANCE) > 0) {
            throw new InvalidSignatureException(
                    DenialReason.SIGNATURE_OUTDATED,
                    "The signature says that it was created at " + created + ", and the clock of this node says "
                            + now.truncatedTo(ChronoUnit.SECONDS) + "; they may be " + TOLERANCE.toSeconds()
                            + " s apart: set the clocks, or sign anew.");
        }
        if (created.isBefore(started) || !created.isAfter(latest.ofProcessBefore())) {
            throw new ProblemException(Problem.of(
                    503,
                    "node-restarted",
                    "This request may have been made before this node was started again, which does not know what was"
                            + " asked before; nothing was done: sign anew, and try again."));
        }
    }

    private static String onlyField(Request request, String name) {
        if (request.headerCount(name) > 1) {
            throw new InvalidSignatureException(
                    DenialReason.SIGNATURE_MALFORMED, "There must be one field " + name + ", not several.");
        }
        return request.header(name)
                .orElseThrow(() -> new InvalidSignatureException(
                        DenialReason.SIGNATURE_MISSING,
                        "This request has no field " + name + ": sign it per RFC 9421 with the label "
                                + RequestSignature.LABEL + ", as `unibus` does with --identity."));
    }
}
