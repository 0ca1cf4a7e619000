package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.store.Store;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** All that is in the store of a node that has stopped. */
record StoreView(Store store) implements RoomView {
    @Override
    public Optional<Found> room(RoomId id, Collection<Endpoint> candidates) {
        return store.findRoom(id)
                .map(state -> new Found(
                        state.room().epoch().number(),
                        state.room().rekeyRequired(),
                        new TreeSet<>(state.members().keySet())));
    }

    @Override
    public Optional<SealedKey> key(RoomId id, long epoch, Endpoint endpoint) {
        return store.findKey(id, new Epoch(epoch), endpoint).map(RoomKey::sealedKey);
    }

    @Override
    public boolean showsKeysOf(Found room, Endpoint endpoint) {
        return true;
    }

    @Override
    public Set<RoomId> roomsOf(Endpoint endpoint) {
        return store.roomsOf(endpoint).stream().map(MemberRoom::roomId).collect(Collectors.toSet());
    }
}
