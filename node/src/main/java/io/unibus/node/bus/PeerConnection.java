package io.unibus.node.bus;

import io.unibus.node.control.BusAccess;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Subject;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection of a peer to a server of the cluster, from its login on, and what it was granted. Thread-safe. */
final class PeerConnection {
    private final ConnectionId id;
    private final Endpoint endpoint;
    /** By the clock of this process, in nanoseconds. */
    private final long entered;

    /** Missing while the login is being decided. */
    private @Nullable Set<Subject> granted;

    private boolean changedMeanwhile;
    private boolean established;

    PeerConnection(ConnectionId id, Endpoint endpoint, long entered) {
        this.id = id;
        this.endpoint = endpoint;
        this.entered = entered;
    }

    /** What a change of an endpoint's access means to a connection. */
    enum Effect {
        NONE,
        /** It may do more than it was told. */
        GAIN,
        /** It can do what it may not any more. */
        LOSS
    }

    ConnectionId id() {
        return id;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    long entered() {
        return entered;
    }

    /** Returns the rooms that it was let in with; empty while its login is being decided. */
    synchronized Optional<Set<Subject>> granted() {
        return Optional.ofNullable(granted);
    }

    /**
     * Takes note of what the login is granted.
     *
     * @return whether the access has changed since the login began, and is to be compared again
     */
    synchronized boolean grant(Set<Subject> rooms) {
        granted = rooms;
        return changedMeanwhile;
    }

    /** Compares what it was granted with what its endpoint may do now, and takes a gain over. */
    synchronized Effect compare(BusAccess access) {
        if (granted == null) {
            changedMeanwhile = true;
            return Effect.NONE;
        }
        if (!(access instanceof BusAccess.Granted now) || !now.rooms().containsAll(granted)) {
            return Effect.LOSS;
        }
        if (now.rooms().size() == granted.size()) {
            return Effect.NONE;
        }
        granted = now.rooms();
        return Effect.GAIN;
    }

    /** Takes note that the server let it in. */
    synchronized void establish() {
        established = true;
    }

    synchronized boolean isEstablished() {
        return established;
    }
}
