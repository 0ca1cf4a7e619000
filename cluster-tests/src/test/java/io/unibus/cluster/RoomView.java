package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** What a store or a node has of rooms, for comparison with what it must have. Thread-safe. */
interface RoomView {
    /**
     * Empty when there is no such room.
     *
     * @param candidates of whom one at least is a member if the room is there
     */
    Optional<Found> room(RoomId id, Collection<Endpoint> candidates);

    /** Asked only for endpoints that {@link #showsKeysOf} the room. */
    Optional<SealedKey> key(RoomId id, long epoch, Endpoint endpoint);

    boolean showsKeysOf(Found room, Endpoint endpoint);

    /** In any order. */
    Set<RoomId> roomsOf(Endpoint endpoint);

    record Found(long epoch, boolean rekeyRequired, SortedSet<Endpoint> members) {
        public Found {
            members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
        }
    }
}
