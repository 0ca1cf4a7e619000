package io.unibus.node.control;

import io.unibus.protocol.Endpoint;

/**
 * An endpoint that is served: in whose name a request came, how that was proven and from where, and what the allowlist says of it. Made by
 * {@link ControlPlane#admit}, for one request. Immutable.
 */
public final class AdmittedCaller {
    private final Endpoint endpoint;
    private final Proof proof;
    private final String address;
    private final boolean admin;
    private final long admitted;

    AdmittedCaller(Endpoint endpoint, Proof proof, String address, boolean admin, long admitted) {
        this.endpoint = endpoint;
        this.proof = proof;
        this.address = address;
        this.admin = admin;
        this.admitted = admitted;
    }

    /** The proof of a caller that it is the endpoint that it names. */
    public enum Proof {
        /** A signature over the request. */
        SIGNATURE,
        /** Its word. */
        NONE
    }

    /** Returns in whose name the request came. */
    public Endpoint endpoint() {
        return endpoint;
    }

    Proof proof() {
        return proof;
    }

    /** Returns the address from which the request came. */
    String address() {
        return address;
    }

    /** Returns whether the endpoint was an active admin when the request was admitted. */
    public boolean isAdmin() {
        return admin;
    }

    /** Returns when the look at the allowlist began, by the clock of this process in nanoseconds. */
    long admitted() {
        return admitted;
    }
}
