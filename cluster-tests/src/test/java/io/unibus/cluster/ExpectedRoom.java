package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An encrypted room with one owner as it must be after known changes. Immutable.
 *
 * @param keys of all epochs: who got which
 */
record ExpectedRoom(
        RoomId id,
        Endpoint owner,
        long epoch,
        boolean rekeyRequired,
        SortedSet<Endpoint> members,
        SortedMap<Long, Map<Endpoint, SealedKey>> keys) {

    ExpectedRoom {
        members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
        keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    }

    static ExpectedRoom created(RoomId id, Endpoint owner, SealedKey key) {
        return new ExpectedRoom(
                id, owner, 1, false, new TreeSet<>(Set.of(owner)), new TreeMap<>(Map.of(1L, Map.of(owner, key))));
    }

    Epoch currentEpoch() {
        return new Epoch(epoch);
    }

    Map<Endpoint, SealedKey> currentKeys() {
        return keys.getOrDefault(epoch, Map.of());
    }

    ExpectedRoom invited(Endpoint endpoint, SealedKey key) {
        TreeSet<Endpoint> more = new TreeSet<>(members);
        more.add(endpoint);
        Map<Endpoint, SealedKey> current = new TreeMap<>(currentKeys());
        current.put(endpoint, key);
        return new ExpectedRoom(id, owner, epoch, rekeyRequired, more, withKeys(epoch, current));
    }

    ExpectedRoom removed(Endpoint endpoint) {
        TreeSet<Endpoint> fewer = new TreeSet<>(members);
        fewer.remove(endpoint);
        return new ExpectedRoom(id, owner, epoch, true, fewer, keys);
    }

    ExpectedRoom rekeyed(Map<Endpoint, SealedKey> newKeys) {
        return new ExpectedRoom(
                id, owner, epoch + 1, false, new TreeSet<>(newKeys.keySet()), withKeys(epoch + 1, newKeys));
    }

    private SortedMap<Long, Map<Endpoint, SealedKey>> withKeys(long of, Map<Endpoint, SealedKey> those) {
        TreeMap<Long, Map<Endpoint, SealedKey>> all = new TreeMap<>(keys);
        all.put(of, Map.copyOf(those));
        return all;
    }
}
