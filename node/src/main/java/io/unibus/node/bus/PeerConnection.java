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
    private final String serverName;
    private final boolean own;
    private final Endpoint endpoint;
    /** By the clock of this process, in nanoseconds. */
    private final long entered;

    /** Missing while the login is being decided. */
    private @Nullable Set<Subject> granted;

    private boolean changedMeanwhile;
    private boolean established;
    private boolean missing;

    private PeerConnection(AuthRequest request, boolean own, Endpoint endpoint, long entered) {
        this.id = request.connection();
        this.serverName = request.serverName();
        this.own = own;
        this.endpoint = endpoint;
        this.entered = entered;
    }

    /** A connection to this node's own server. */
    static PeerConnection own(AuthRequest request, Endpoint endpoint, long entered) {
        return new PeerConnection(request, true, endpoint, entered);
    }

    /** A connection to another node's server. */
    static PeerConnection foreign(AuthRequest request, Endpoint endpoint, long entered) {
        return new PeerConnection(request, false, endpoint, entered);
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

    String serverName() {
        return serverName;
    }

    boolean isOwn() {
        return own;
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

    /**
     * Compares what it was granted with what its endpoint may do now, and takes a gain over. What another node has granted is not known
     * here: it is taken for what the endpoint may do when the connection is first looked at.
     */
    synchronized Effect compare(BusAccess access) {
        Optional<Set<Subject>> now =
                access instanceof BusAccess.Granted rooms ? Optional.of(rooms.rooms()) : Optional.empty();
        if (granted == null) {
            changedMeanwhile = true;
            if (!own) {
                granted = now.orElse(null);
            }
            return !own && established && now.isEmpty() ? Effect.LOSS : Effect.NONE;
        }
        if (now.isEmpty() || !now.get().containsAll(granted)) {
            return Effect.LOSS;
        }
        if (now.get().size() == granted.size()) {
            return Effect.NONE;
        }
        granted = now.get();
        return Effect.GAIN;
    }

    /** Takes note that the server let it in. */
    synchronized void establish() {
        established = true;
        missing = false;
    }

    /** Takes note that the server did not name it among its connections. Returns whether that is so for the second time. */
    synchronized boolean miss() {
        boolean before = missing;
        missing = true;
        return before;
    }

    synchronized boolean isEstablished() {
        return established;
    }
}
