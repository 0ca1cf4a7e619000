package io.unibus.store.jetstream;

import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.store.StoreUnusableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Removes the sealed keys of changes that lost or died. A set of keys that may still be waiting for its room's record is
 * only removed once that record was written anew, or its place marked, so that a change which comes late is refused.
 * Idempotent, on any number of nodes at once. Not thread-safe.
 */
final class OrphanKeys {
    private final Buckets buckets;
    private final RoomView view;
    private final RoomKeys keys;
    private final RoomCommits commits;
    private final RoomCreation creation;
    private final EachItem each;
    private final Scan scan;
    private final Suspects<KeySet> suspects;
    /** The key sets of past epochs, of those epochs that have unclear keys. */
    private final Map<Keys.OfEpoch, KeySets> pastEpochs = new HashMap<>();

    private final Map<KeySet, Map<String, Long>> unclear = new HashMap<>();
    private int removed;

    /** The keys that one change brought. */
    private record KeySet(RoomId room, Epoch epoch, String name) {
        Keys.OfEpoch of() {
            return new Keys.OfEpoch(room, epoch);
        }
    }

    private enum Standing {
        IN_USE,
        /** No record points at it, and none ever will. */
        LOST,
        /** A record may point at it yet. */
        PENDING
    }

    OrphanKeys(
            Buckets buckets,
            RoomView view,
            RoomKeys keys,
            RoomCommits commits,
            RoomCreation creation,
            EachItem each,
            Duration grace,
            LongSupplier nanoTime) {
        this.buckets = buckets;
        this.view = view;
        this.keys = keys;
        this.commits = commits;
        this.creation = creation;
        this.each = each;
        this.scan = new Scan(buckets.reads(), Bucket.ROOM_KEYS);
        this.suspects = new Suspects<>(grace, nanoTime);
    }

    /** Returns how many keys were removed. */
    int repair() {
        scan.run(this::look);
        buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        unclear.keySet()
                .removeIf(set -> each.run(set, () -> standing(set, view.record(set.room())) == Standing.IN_USE));
        Set<Keys.OfEpoch> epochs = unclear.keySet().stream().map(KeySet::of).collect(Collectors.toSet());
        pastEpochs.keySet().retainAll(epochs);
        int before = removed;
        for (KeySet set : suspects.stillWrong(List.copyOf(unclear.keySet()))) {
            each.run(set, () -> isLost(set) && remove(set));
        }
        return removed - before;
    }

    private void look(Entry entry) {
        try {
            if (Keys.isPastEpoch(entry.key())) {
                pastEpochs.put(
                        Keys.parsePastEpoch(entry.key()), PastEpoch.of(entry).keySets());
                return;
            }
            Keys.OfSealedKey key = Keys.parseSealedKey(entry.key());
            KeySet set = new KeySet(key.room(), key.epoch(), key.set());
            Map<String, Long> entries = unclear.computeIfAbsent(set, unused -> new HashMap<>());
            if (entry.deleted()) {
                entries.remove(entry.key());
            } else {
                entries.put(entry.key(), entry.revision());
            }
            if (entries.isEmpty()) {
                unclear.remove(set);
            }
        } catch (MalformedException | StoreUnusableException e) {
            return; // not this version's, so not for it to judge
        }
    }

    private Standing standing(KeySet set, Optional<RoomRecord> room) {
        if (room.isEmpty()) {
            return Standing.PENDING; // the keys of a creation come before the room
        }
        int future = set.epoch().compareTo(room.get().epoch());
        if (future < 0) {
            return isNamed(pastKeySets(set), set) ? Standing.IN_USE : Standing.LOST;
        }
        return future == 0 && isNamed(room.get().keySets(), set) ? Standing.IN_USE : Standing.PENDING;
    }

    private static boolean isNamed(Optional<KeySets> sets, KeySet set) {
        return sets.filter(those ->
                        those.name().equals(set.name()) || those.joiners().containsValue(set.name()))
                .isPresent();
    }

    /** Returns what the scan saw, if that names the set; else what the leader has now, since the scan may have been earlier. */
    private Optional<KeySets> pastKeySets(KeySet set) {
        Optional<KeySets> seen = Optional.ofNullable(pastEpochs.get(set.of()));
        return isNamed(seen, set) ? seen : keys.pastKeySets(set.room(), set.epoch(), buckets.deadline());
    }

    /** Returns whether no record will ever point at the set, and sees to it. */
    private boolean isLost(KeySet set) {
        // One look at both: what is written in their place is refused if anything came after it.
        long marker = view.markerRevision(set.room());
        Optional<RoomRecord> room = view.record(set.room());
        Standing standing = standing(set, room);
        if (standing != Standing.PENDING) {
            return standing == Standing.LOST;
        }
        OptionalLong touched = room.isPresent() ? commits.touch(room.get()) : creation.putMarker(set.room(), marker);
        touched.ifPresent(revision -> Buckets.awaitOwn(buckets.rooms(), revision));
        return touched.isPresent();
    }

    private boolean remove(KeySet set) {
        unclear.getOrDefault(set, Map.of())
                .forEach((key, revision) -> buckets.delete(Bucket.ROOM_KEYS, key, new Expectation.KeyAt(revision))
                        .ifPresent(unused -> removed++));
        unclear.remove(set);
        return true;
    }
}
