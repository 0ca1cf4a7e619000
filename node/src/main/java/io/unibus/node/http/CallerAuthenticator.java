package io.unibus.node.http;

import io.unibus.node.config.BusAuth;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.control.AuthenticationFailures;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Headers;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.User;
import io.unibus.store.Rejection;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.inject.Inject;

/**
 * Says who is calling, by the rule of the node's mode of authentication. {@code off}: the header {@code Unibus-Endpoint} names
 * the caller, nothing is verified, and whoever is not revoked counts as an active user. {@code soft}: the same, but a valid
 * signature names the caller, and whatever {@code enforce} would refuse is counted. {@code enforce}: a valid signature of an
 * active user, or nothing.
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
    private final AuthenticationFailures failures;
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
        this.failures = new AuthenticationFailures(nanoTime);
        this.mode = config.busAuth();
        this.signatures =
                mode == BusAuth.OFF ? Optional.empty() : Optional.of(new SignatureVerifier(config, clock, nanoTime));
    }

    /**
     * Returns the caller, who counts as an active user.
     *
     * @throws MalformedException when the header names nobody, or several
     * @throws ProblemException 401 when nobody is named or proven, 403 when the caller is not on the allowlist or was revoked, 429
     *     when too much was signed, or too much of it wrongly
     */
    Endpoint identify(Request request) {
        return switch (mode) {
            case OFF -> requireNotRevoked(named(request));
            case SOFT -> requireNotRevoked(provenOrNamed(request, signatures.orElseThrow()));
            case ENFORCE -> proven(request, signatures.orElseThrow());
        };
    }

    /** @throws ProblemException 401, 403 or 429 when the request neither comes from this host nor from an admin */
    void requireLoopbackOrAdmin(Request request) {
        if (!request.isFromLoopback() && !controlPlane.isAdmin(identify(request))) {
            throw new ProblemException(Problems.of(new Rejection.AdminOnly()));
        }
    }

    private Endpoint proven(Request request, SignatureVerifier verifier) {
        try {
            SignatureVerifier.Claim claim = verifier.read(request);
            requireActive(claim.endpoint()); // before the work of verifying, which strangers must not cause
            return verified(request, verifier, claim);
        } catch (InvalidSignatureException e) {
            count(Optional.empty(), e.reason());
            throw new ProblemException(e.problem());
        }
    }

    /** Tells who fails too often to wait; a request that proves something is never told so, whatever others do in its name. */
    private Endpoint verified(Request request, SignatureVerifier verifier, SignatureVerifier.Claim claim) {
        try {
            return verifier.verify(request, claim);
        } catch (InvalidSignatureException e) {
            if (failures.fail(request.source() + " " + claim.endpoint()) >= MOST_FAILURES) {
                count(Optional.empty(), e.reason());
                throw new ProblemException(TOO_MANY_FAILURES);
            }
            throw e;
        }
    }

    private Endpoint provenOrNamed(Request request, SignatureVerifier verifier) {
        try {
            Endpoint caller = verifier.verify(request, verifier.read(request));
            if (controlPlane.findUser(caller).isEmpty()) {
                count(Optional.of(caller), DenialReason.USER_UNKNOWN);
            }
            return caller;
        } catch (InvalidSignatureException e) {
            count(request.header(Headers.ENDPOINT).map(Endpoint::parse), e.reason());
            return named(request);
        } catch (ProblemException e) { // nothing is wrong with the signature, but it proves nothing now
            return named(request);
        }
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

    private void requireActive(Endpoint caller) {
        Optional<User> user = controlPlane.findUser(caller);
        if (user.isEmpty()) {
            count(Optional.of(caller), DenialReason.USER_UNKNOWN);
            throw new ProblemException(Problem.of(
                    403,
                    DenialReason.USER_UNKNOWN.code(),
                    "Endpoint " + caller + " is not on the allowlist: an admin adds it with `unibus user add`."));
        }
        if (!user.get().isActive()) {
            count(Optional.of(caller), DenialReason.USER_REVOKED);
            throw revoked(caller);
        }
    }

    private Endpoint requireNotRevoked(Endpoint caller) {
        if (!controlPlane.isAuthorized(caller)) {
            throw revoked(caller);
        }
        return caller;
    }

    private static ProblemException revoked(Endpoint caller) {
        Rejection revoked = new Rejection.UserRevoked(caller);
        return new ProblemException(Problem.of(403, revoked.code(), revoked.detail()));
    }
}
