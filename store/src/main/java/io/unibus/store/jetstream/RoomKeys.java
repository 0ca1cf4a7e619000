package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * The sealed keys, each in a set with a random name that the room's record points at, or for an epoch that is over its
 * {@link PastEpoch}. A sealed key never changes once it is written. Thread-safe.
 */
final class RoomKeys {
    private static final int ATTEMPTS = 5;

    private final Buckets buckets;

    RoomKeys(Buckets buckets) {
        this.buckets = buckets;
    }

    /**
     * Writes keys into a new set, which counts once a room's record names it.
     *
     * @throws StoreUnavailableException when one of them may not have been written
     */
    void write(RoomId room, Epoch epoch, String set, Map<Endpoint, SealedKey> keys, Deadline deadline) {
        buckets.putAll(Bucket.ROOM_KEYS, puts(room, epoch, set, keys), deadline);
    }

    /**
     * Writes the keys of the epoch that is to follow {@code before}, and where those of the ending epoch are.
     *
     * @throws StoreUnavailableException when one of them may not have been written
     */
    void writeEpoch(RoomRecord before, String set, Map<Endpoint, SealedKey> keys, Deadline deadline) {
        List<BatchPut> puts =
                new ArrayList<>(puts(before.roomId(), before.epoch().next(), set, keys));
        PastEpoch ending = new PastEpoch(before.keySets().orElseThrow(), before.version());
        String place = Keys.pastEpoch(before.roomId(), before.epoch());
        long revision = 0;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = Math.min(puts.size(), Writes.MOST_IN_BATCH - 1);
            List<BatchPut> batch = new ArrayList<>(puts.subList(0, first));
            batch.add(new BatchPut(place, ending.toJson(), new Expectation.KeyAt(revision)));
            if (isWritten(batch, deadline)) {
                buckets.putAll(Bucket.ROOM_KEYS, puts.subList(first, puts.size()), deadline);
                return;
            }
            Optional<Entry> there = lookAgain(place, deadline);
            if (there.map(PastEpoch::of)
                    .filter(past -> past.version() >= ending.version())
                    .isPresent()) {
                buckets.putAll(Bucket.ROOM_KEYS, puts, deadline);
                return;
            }
            revision = there.map(Entry::revision).orElse(0L);
        }
        throw new StoreUnavailableException(
                "others keep rekeying room " + before.roomId() + "; nothing was changed; try again", null);
    }

    private boolean isWritten(List<BatchPut> batch, Deadline deadline) {
        deadline.check("what was to be prepared in " + Bucket.ROOM_KEYS.bucketName());
        try {
            OptionalLong revision = Buckets.await(buckets.writes().putAll(Bucket.ROOM_KEYS, batch), deadline.left());
            return revision.isPresent();
        } catch (OutcomeUnknownException e) {
            return false;
        }
    }

    /** Looks at the leader behind a read barrier, so that what was refused or not answered is seen if it was written. */
    private Optional<Entry> lookAgain(String key, Deadline deadline) {
        buckets.confirmNow(Set.of(Bucket.ROOM_KEYS), deadline);
        return buckets.reads().atLeader(Bucket.ROOM_KEYS, key).filter(entry -> !entry.deleted());
    }

    private static List<BatchPut> puts(RoomId room, Epoch epoch, String set, Map<Endpoint, SealedKey> keys) {
        return keys.entrySet().stream()
                .map(key -> new BatchPut(
                        Keys.sealedKey(room, epoch, set, key.getKey()), toJson(key.getValue()), Expectation.NOTHING))
                .toList();
    }

    /** Returns the value under a sealed key's own key. */
    static byte[] toJson(SealedKey key) {
        return JsonWriter.object(json -> json.field("sealed_key", key.base64url()));
    }

    /** Reads what {@link #toJson} wrote. @throws io.unibus.store.StoreUnusableException when it has another form */
    static SealedKey fromJson(String key, byte[] bytes) {
        try {
            JsonObject json = JsonObject.parse(bytes);
            SealedKey sealed = SealedKey.parse(json.requiredString("sealed_key"));
            json.refuseUnknownFields();
            return sealed;
        } catch (MalformedException e) {
            throw Unreadable.exception(Bucket.ROOM_KEYS, key, e.getMessage());
        }
    }

    /** Returns the key of one epoch in a room that has this record. */
    Optional<RoomKey> find(RoomRecord room, Epoch epoch, Endpoint endpoint) {
        if (epoch.compareTo(room.epoch()) > 0 || room.keySets().isEmpty()) {
            return Optional.empty();
        }
        // A sealed key is right whoever has it; that there is none must come from the leader, while there is a quorum.
        Optional<Entry> key =
                look(room, epoch, endpoint, name -> buckets.reads().anywhere(Bucket.ROOM_KEYS, name));
        if (key.isEmpty()) {
            Fence fence = buckets.fence(Bucket.ROOM_KEYS);
            boolean expected = room.state().members().containsKey(endpoint);
            Fence.outcome(expected ? fence.askNow() : fence.ask());
            key = look(room, epoch, endpoint, name -> buckets.reads().atLeader(Bucket.ROOM_KEYS, name));
        }
        return key.map(entry -> new RoomKey(room.roomId(), epoch, endpoint, fromJson(entry.key(), entry.value())));
    }

    private static Optional<Entry> look(
            RoomRecord room, Epoch epoch, Endpoint endpoint, Function<String, Optional<Entry>> read) {
        Optional<KeySets> sets = epoch.equals(room.epoch())
                ? room.keySets()
                : read.apply(Keys.pastEpoch(room.roomId(), epoch))
                        .filter(entry -> !entry.deleted())
                        .map(entry -> PastEpoch.of(entry).keySets());
        return sets.map(those -> Keys.sealedKey(room.roomId(), epoch, those.nameFor(endpoint), endpoint))
                .flatMap(read)
                .filter(entry -> !entry.deleted());
    }

    /** Returns where the keys of an epoch are that is over, as of now. */
    Optional<KeySets> pastKeySets(RoomId room, Epoch epoch, Deadline deadline) {
        return lookAgain(Keys.pastEpoch(room, epoch), deadline)
                .map(entry -> PastEpoch.of(entry).keySets());
    }
}
