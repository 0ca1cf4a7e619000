package io.unibus.node.bus;

/** The answer to one {@link AuthRequest}, to be given once. An answer that is not given lets the server hold the client, up to its limit. */
interface AuthReply {
    /** Lets the client in. Returns whether the answer was small enough for the server; if not, nothing was answered. */
    boolean allow(BusPermissions permissions);

    /** Refuses the client, which for many clients is final. */
    void refuse(String reason);
}
