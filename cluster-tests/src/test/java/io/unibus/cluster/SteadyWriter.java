package io.unibus.cluster;

import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Changes rooms of its own through one node, one change after the other, and remembers when each was acknowledged: the
 * longest time between two is how long writes failed. One thread; {@link #acknowledgements} may be asked by any.
 */
final class SteadyWriter implements Runnable {
    /** Short beside the gaps that matter. */
    private static final Duration PAUSE = Duration.ofMillis(15);

    /** Without a room: so that a node that cannot answer is not asked for a thousand. */
    private static final Duration PAUSE_AFTER_SILENCE = Duration.ofMillis(40);

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(5);
    private static final int CHANGES_PER_ROOM = 60;

    private final int node;
    private final RoomWriter writer;
    private final Endpoint owner;
    private final Endpoint peer;
    private final BooleanSupplier goesOn;
    private final Times acknowledgements = new Times();
    private @Nullable RoomId room;
    private long epoch;
    private boolean peerIsMember;
    private int changes;

    /**
     * @param client of that node only, and without patience
     * @param peer whom it invites and removes
     */
    SteadyWriter(int node, ClusterClient client, RoomWriter writer, Endpoint peer, BooleanSupplier goesOn) {
        this.node = node;
        this.writer = writer;
        this.owner = client.caller();
        this.peer = peer;
        this.goesOn = goesOn;
    }

    int node() {
        return node;
    }

    /** On the clock of {@link System#nanoTime}, in order. */
    Times acknowledgements() {
        return acknowledgements;
    }

    @Override
    public void run() {
        while (goesOn.getAsBoolean()) {
            if (isAcknowledged()) {
                acknowledgements.add(System.nanoTime());
                Await.pause(PAUSE);
            } else {
                Await.pause(room == null ? PAUSE_AFTER_SILENCE : PAUSE_AFTER_FAILURE);
            }
        }
    }

    /** After a write whose outcome is unknown, or that was refused for good, it goes on in another room. */
    private boolean isAcknowledged() {
        try {
            boolean acknowledged = write();
            if (!acknowledged) {
                room = null;
            }
            return acknowledged;
        } catch (UnreachableException e) {
            return false;
        } catch (ProblemException e) {
            if (e.status() != 503) { // without a reason, as the judge will say
                room = null;
            }
            return false;
        }
    }

    private boolean write() {
        RoomId id = room;
        if (id == null || changes >= CHANGES_PER_ROOM) {
            return create();
        }
        boolean acknowledged = change(id);
        changes++;
        return acknowledged;
    }

    private boolean create() {
        RoomId id = writer.freshId();
        if (!writer.create(id, Optional.empty())) {
            return false;
        }
        room = id;
        epoch = 1;
        peerIsMember = false;
        changes = 0;
        return true;
    }

    /** In turns: the peer comes, the peer goes with a new key. */
    private boolean change(RoomId id) {
        if (peerIsMember) {
            if (!writer.rekey(id, epoch + 1, List.of(owner), List.of(peer))) {
                return false;
            }
            epoch++;
        } else if (!writer.invite(id, epoch, peer, MemberRole.MEMBER)) {
            return false;
        }
        peerIsMember = !peerIsMember;
        return true;
    }
}
