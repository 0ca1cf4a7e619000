package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A change of an encrypted room that a client asked for and that was not refused.
 *
 * @param epoch in which it was made; of a rekey the new one
 * @param keys that it gives to members
 * @param acknowledged otherwise the answer did not come, and it has happened whole or not at all
 */
record RoomChange(
        Kind kind,
        Endpoint author,
        long epoch,
        Map<Endpoint, SealedKey> keys,
        Set<Endpoint> joining,
        Set<Endpoint> leaving,
        boolean acknowledged) {

    enum Kind {
        CREATE,
        INVITE,
        REMOVE,
        REKEY
    }

    RoomChange {
        keys = Map.copyOf(keys);
        joining = Set.copyOf(joining);
        leaving = Set.copyOf(leaving);
    }

    static RoomChange create(Endpoint author, SealedKey key) {
        return new RoomChange(Kind.CREATE, author, 1, Map.of(author, key), Set.of(author), Set.of(), true);
    }

    static RoomChange invite(Endpoint author, long epoch, Endpoint endpoint, SealedKey key) {
        return new RoomChange(Kind.INVITE, author, epoch, Map.of(endpoint, key), Set.of(endpoint), Set.of(), true);
    }

    static RoomChange remove(Endpoint author, long epoch, Endpoint endpoint) {
        return new RoomChange(Kind.REMOVE, author, epoch, Map.of(), Set.of(), Set.of(endpoint), true);
    }

    static RoomChange rekey(Endpoint author, long epoch, Map<Endpoint, SealedKey> keys, Collection<Endpoint> leaving) {
        return new RoomChange(Kind.REKEY, author, epoch, keys, Set.of(), Set.copyOf(leaving), true);
    }

    RoomChange unanswered() {
        return new RoomChange(kind, author, epoch, keys, joining, leaving, false);
    }

    boolean gives(Endpoint endpoint, SealedKey key) {
        return Optional.ofNullable(keys.get(endpoint)).filter(key::equals).isPresent();
    }

    boolean beginsEpoch() {
        return kind == Kind.CREATE || kind == Kind.REKEY;
    }
}
