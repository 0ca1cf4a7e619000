package io.unibus.node.bus;

/** Decides who is let in to the bus, on threads that must not be blocked. Thread-safe. */
interface LoginPolicy {
    /** Answers a request of this node's own server, now or later. */
    void decide(AuthRequest request, AuthReply reply);

    /** Takes note of a request that another node answers. */
    void noteForeign(AuthRequest request);
}
