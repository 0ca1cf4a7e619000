package io.unibus.node.config;

import io.unibus.embeddednats.HostPort;
import java.util.Optional;

/** What speaks against a listener that others than this host can reach, unless the operator insists with {@code --insecure}. */
final class ExposureRule {
    private ExposureRule() {}

    /** Returns why {@code address} must not be listened on, and what to do; empty when it may. */
    static Optional<String> objection(HostPort address, BusAuth busAuth, boolean encrypted) {
        if (Loopback.contains(address)) {
            return Optional.empty();
        }
        if (busAuth != BusAuth.ENFORCE) {
            return Optional.of("with bus-auth off or soft anyone who reaches " + address
                    + " is believed to be whoever they say, so it must be a loopback address;"
                    + " give --insecure if that network may be trusted so far");
        }
        return encrypted
                ? Optional.empty()
                : Optional.of(
                        "without TLS whoever is between this node and a client reads and changes what they say on "
                                + address
                                + ": give --tls auto or --tls files, or --insecure if that network may be trusted so far");
    }
}
