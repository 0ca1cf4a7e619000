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
 * Removes the sealed keys of rekeys that lost or died. A set of keys that may still be waiting for its room's record is
 * only removed once that record was written anew, so that a rekey which comes late is refused. Idempotent, on any number
 * of nodes at once. Not thread-safe.
 */
final class OrphanKeys {
    private final Buckets buckets;
    private final RoomView view;
    private final RoomKeys keys;
    private final RoomCommits commits;
    private final EachItem each;
    private final Scan scan;
    private final Suspects<KeySet> suspects;
    /** The rekeys of epochs that are over, of those whose keys are unclear. */
    private final Map<Keys.OfEpoch, String> pointers = new HashMap<>();

    private final Map<KeySet, Map<String, Long>> unclear = new HashMap<>();
    private int removed;

    /** The keys of one rekey. */
    private record KeySet(RoomId room, Epoch epoch, String rekey) {
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
            EachItem each,
            Duration grace,
            LongSupplier nanoTime) {
        this.buckets = buckets;
        this.view = view;
        this.keys = keys;
        this.commits = commits;
        this.each = each;
        this.scan = new Scan(buckets.reads(), Bucket.ROOM_KEYS);
        this.suspects = new Suspects<>(grace, nanoTime);
    }

    /** Returns how many keys were removed. */
    int repair() {
        scan.run(this::look);
        buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        unclear.keySet().removeIf(set -> each.run(set, () -> standing(set) == Standing.IN_USE));
        Set<Keys.OfEpoch> epochs = unclear.keySet().stream().map(KeySet::of).collect(Collectors.toSet());
        pointers.keySet().retainAll(epochs);
        int before = removed;
        for (KeySet set : suspects.stillWrong(List.copyOf(unclear.keySet()))) {
            each.run(set, () -> isLost(set) && remove(set));
        }
        return removed - before;
    }

    private void look(Entry entry) {
        try {
            if (Keys.isPastEpoch(entry.key())) {
                pointers.put(Keys.parsePastEpoch(entry.key()), RoomKeys.pastRekey(entry));
                return;
            }
            Keys.OfSealedKey key = Keys.parseSealedKey(entry.key());
            KeySet set = new KeySet(key.room(), key.epoch(), key.rekey());
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

    private Standing standing(KeySet set) {
        Optional<RoomRecord> room = view.record(set.room()).map(Held::value);
        if (room.isEmpty()) {
            return Standing.LOST; // keys are written for rooms that exist, and rooms exist for ever
        }
        int future = set.epoch().compareTo(room.get().room().epoch());
        if (future > 0) {
            return Standing.PENDING;
        }
        Optional<String> rekey = future == 0 ? room.get().rekey() : pastRekey(room.get(), set);
        return rekey.filter(set.rekey()::equals).isPresent() ? Standing.IN_USE : Standing.LOST;
    }

    /** As the scan saw it; else from the replicas, because it may have come behind what the scan saw. */
    private Optional<String> pastRekey(RoomRecord room, KeySet set) {
        Optional<String> seen = Optional.ofNullable(pointers.get(set.of()));
        return seen.isPresent() ? seen : keys.pastRekey(room, set.epoch());
    }

    private boolean isLost(KeySet set) {
        Standing standing = standing(set);
        if (standing != Standing.PENDING) {
            return standing == Standing.LOST;
        }
        Held<RoomRecord> held = view.record(set.room()).orElseThrow();
        OptionalLong touched = commits.touch(held);
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
