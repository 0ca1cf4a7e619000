package io.unibus.cluster;

import java.util.List;

/** Lines that nats-server logs as errors and that a test provokes. */
final class ServerErrors {
    /** The port of a child that died was taken before the next one began. */
    static final String PORT_TAKEN = "Error listening on port";

    /** A server that lost its disk catches up while much is written, gives that up, and begins anew from a snapshot. */
    private static final String CATCHING_UP_ANEW = "catchup failed, too many retries";

    private ServerErrors() {}

    /** What a healthy cluster logs when other nodes come and go. */
    static List<String> ofClusters() {
        return List.of("Error trying to connect to route", "Error flushing: ", "Stale Connection", CATCHING_UP_ANEW);
    }
}
