package io.unibus.node.http;

import io.unibus.node.config.BusAuth;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.control.AdmittedCaller;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.node.control.FailureCounter;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Headers;
import io.unibus.protocol.MalformedException;
import io.unibus.store.Outcome;
import io.unibus.store.Rejection;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.inject.Inject;

/**
 * Says who is calling and how that was proven, by the rule of the node's mode of authentication. {@code off}: the header
 * {@code Unibus-Endpoint} names the caller, and nothing is verified. {@code soft}: the same, but a valid signature names the
 * caller, and whatever {@code enforce} would refuse is counted. {@code enforce}: a valid signature, or nothing. Whether that
 * caller is served is for {@link ControlPlane#admit} to decide.
 */
final class CallerAuthenticator {
    /** Of one address in the name of one endpoint, within a minute. */
    static final int MOST_FAILURES = 20;

    private static final Problem TOO_MANY_FAILURES = Problem.of(
            429,
            "too-many-requests",
            "Too many requests from this address in the name of this endpoint proved nothing: wait a minute.");

    private final ControlPlane controlPlane;
    private final DenialCounter denials;
    private final FailureCounter failures;
    private final BusAuth mode;
    /** Empty when nothing is verified. */
    private final Optional<SignatureVerifier> signatures;

    @Inject
    CallerAuthenticator(
            ControlPlane controlPlane,
            DenialCounter denials,
            NodeConfig config,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.controlPlane = controlPlane;
        this.denials = denials;
        this.failures = new FailureCounter(nanoTime);
        this.mode = config.busAuth();
        this.signatures =
                mode == BusAuth.OFF ? Optional.empty() : Optional.of(new SignatureVerifier(config, clock, nanoTime));
    }

    /**
     * Returns the caller, whom the control plane has admitted.
     *
     * @throws MalformedException when the header names nobody, or several
     * @throws ProblemException 401 when nobody is named or proven, 403 when the caller is not on the allowlist or was revoked, 429
     *     when too much was signed, or too much of it wrongly
     */
    AdmittedCaller identify(Request request) {
        return switch (mode) {
            case OFF -> admit(request, named(request), AdmittedCaller.Proof.NONE);
            case SOFT -> provenOrNamed(request, signatures.orElseThrow());
            case ENFORCE -> proven(request, signatures.orElseThrow());
        };
    }

    /** @throws ProblemException 401, 403 or 429 when the request neither comes from this host nor from an admin */
    void requireLoopbackOrAdmin(Request request) {
        if (!request.isFromLoopback() && !identify(request).isAdmin()) {
            throw new ProblemException(Problems.of(new Rejection.AdminOnly()));
        }
    }

    private AdmittedCaller proven(Request request, SignatureVerifier verifier) {
        try {
            SignatureVerifier.Claim claim = verifier.read(request);
            // before the work of verifying, which strangers must not cause
            AdmittedCaller caller = admit(request, claim.endpoint(), AdmittedCaller.Proof.SIGNATURE);
            verify(request, verifier, claim);
            return caller;
        } catch (InvalidSignatureException e) {
            count(Optional.empty(), e.reason());
            throw new ProblemException(e.problem());
        }
    }

    /** Tells who fails too often to wait; a request that proves something is never told so, whatever others do in its name. */
    private void verify(Request request, SignatureVerifier verifier, SignatureVerifier.Claim claim) {
        try {
            verifier.verify(request, claim);
        } catch (InvalidSignatureException e) {
            if (failures.fail(request.source() + " " + claim.endpoint()) >= MOST_FAILURES) {
                count(Optional.empty(), e.reason());
                throw new ProblemException(TOO_MANY_FAILURES);
            }
            throw e;
        }
    }

    private AdmittedCaller provenOrNamed(Request request, SignatureVerifier verifier) {
        Endpoint signer;
        try {
            signer = verifier.verify(request, verifier.read(request));
        } catch (InvalidSignatureException e) {
            count(request.header(Headers.ENDPOINT).map(Endpoint::parse), e.reason());
            return admit(request, named(request), AdmittedCaller.Proof.NONE);
        } catch (ProblemException e) { // nothing is wrong with the signature, but it proves nothing now
            return admit(request, named(request), AdmittedCaller.Proof.NONE);
        }
        return admit(request, signer, AdmittedCaller.Proof.SIGNATURE);
    }

    private AdmittedCaller admit(Request request, Endpoint endpoint, AdmittedCaller.Proof proof) {
        Outcome<AdmittedCaller> admitted = controlPlane.admit(endpoint, proof, request.source());
        if (admitted instanceof Outcome.Refused<AdmittedCaller> refused) {
            throw new ProblemException(Problems.of(refused.rejection()));
        }
        return ((Outcome.Done<AdmittedCaller>) admitted).value();
    }

    private void count(Optional<Endpoint> caller, DenialReason reason) {
        denials.count(DenialCounter.Door.HTTP, caller, reason);
    }

    private static Endpoint named(Request request) {
        if (request.headerCount(Headers.ENDPOINT) > 1) { // which of them would a proxy have checked?
            throw new MalformedException("caller", "there must be one header " + Headers.ENDPOINT + ", not several");
        }
        return request.header(Headers.ENDPOINT)
                .map(Endpoint::parse)
                .orElseThrow(() -> new ProblemException(Problem.of(
                        401, "caller-unknown", "Name the calling endpoint in the header " + Headers.ENDPOINT + ".")));
    }
}
