package io.unibus.node.control;

import io.unibus.protocol.Subject;
import java.util.Set;

/** What an endpoint may do on the bus with bus-auth {@code enforce}. */
public sealed interface BusAccess {
    /** The endpoint may talk on the subjects of its rooms. */
    record Granted(Set<Subject> rooms) implements BusAccess {
        public Granted {
            rooms = Set.copyOf(rooms);
        }
    }

    /** The endpoint is not let in. */
    record Denied(DenialReason reason) implements BusAccess {}
}
