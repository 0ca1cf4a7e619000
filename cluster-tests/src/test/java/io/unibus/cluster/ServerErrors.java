package io.unibus.cluster;

import java.util.List;

/** Lines that nats-server logs as errors and that a test provokes. */
final class ServerErrors {
    /** A peer came back before the node could answer who is let in; it tries again. */
    static final String NOT_LET_IN_YET = "authentication error";

    /** The port of a child that died was taken before the next one began. */
    static final String PORT_TAKEN = "Error listening on port";

    /** A peer asked for a subject that is not for peers. */
    static final String NOT_PERMITTED = "Violation";

    private ServerErrors() {}

    /** What a healthy cluster logs when other nodes come and go. */
    static List<String> ofClusters() {
        return List.of(
                "Error trying to connect to route",
                "Error flushing: ",
                "Stale Connection",
                "TLS handshake timeout",
                "TLS route handshake error: EOF",
                "TLS route handshake error: read tcp",
                "TLS route handshake error: write tcp");
    }
}
