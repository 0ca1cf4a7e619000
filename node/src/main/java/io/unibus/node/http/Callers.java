package io.unibus.node.http;

import io.unibus.node.control.ControlPlane;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Headers;
import io.unibus.protocol.MalformedException;
import io.unibus.store.Rejection;
import javax.inject.Inject;

/**
 * Who is calling. With bus-auth {@code off} the header {@code Unibus-Endpoint} names the caller, nothing is verified,
 * and whoever is not revoked counts as an active user.
 */
final class Callers {
    private final ControlPlane controlPlane;

    @Inject
    Callers(ControlPlane controlPlane) {
        this.controlPlane = controlPlane;
    }

    /**
     * The caller, who counts as an active user.
     *
     * @throws MalformedException when several are named
     * @throws ProblemException 401 when nobody is named, 403 when the caller was revoked
     */
    Endpoint identify(Request request) {
        if (request.headerCount(Headers.ENDPOINT) > 1) { // which of them would a proxy have checked?
            throw new MalformedException("caller", "there must be one header " + Headers.ENDPOINT + ", not several");
        }
        Endpoint caller = request.header(Headers.ENDPOINT)
                .map(Endpoint::parse)
                .orElseThrow(() -> new ProblemException(Problem.of(
                        401, "caller-unknown", "Name the calling endpoint in the header " + Headers.ENDPOINT + ".")));
        if (!controlPlane.isAuthorized(caller)) {
            Rejection revoked = new Rejection.UserRevoked(caller);
            throw new ProblemException(Problem.of(403, revoked.code(), revoked.detail()));
        }
        return caller;
    }

    /** @throws ProblemException 401 or 403 when the request neither comes from this host nor from an admin */
    void requireLoopbackOrAdmin(Request request) {
        if (!request.isFromLoopback() && !controlPlane.isAdmin(identify(request))) {
            throw new ProblemException(Problems.of(new Rejection.AdminOnly()));
        }
    }
}
