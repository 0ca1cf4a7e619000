package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The sealed keys. Each epoch's are under a random name, the rekey, that the room's record points at; so those of rekeys
 * that raced or died are never read. A sealed key never changes once it is written. Thread-safe.
 */
final class RoomKeys {
    private static final String REKEY = "rekey";

    private final Buckets buckets;

    RoomKeys(Buckets buckets) {
        this.buckets = buckets;
    }

    /** Writes the keys of an epoch that is to follow {@code before}; they count once a room's record names the rekey. */
    void writeEpoch(RoomRecord before, String rekey, Map<Endpoint, SealedKey> keys, Deadline deadline) {
        Epoch epoch = before.room().epoch().next();
        Map<String, byte[]> values = new LinkedHashMap<>();
        // The same value from all who race for this epoch.
        values.put(
                Keys.pastEpoch(before.roomId(), before.room().epoch()),
                pastEpoch(before.rekey().orElseThrow()));
        keys.forEach(
                (endpoint, key) -> values.put(Keys.sealedKey(before.roomId(), epoch, rekey, endpoint), toJson(key)));
        buckets.putAll(Bucket.ROOM_KEYS, values, deadline);
    }

    /** The value under a sealed key's own key. */
    static byte[] toJson(SealedKey key) {
        return JsonWriter.object(json -> json.field("sealed_key", key.base64url()));
    }

    static SealedKey fromJson(String key, byte[] bytes) {
        return SealedKey.parse(value(key, "sealed_key", bytes));
    }

    /** The value that tells which rekey an epoch that is over had. */
    static byte[] pastEpoch(String rekey) {
        return JsonWriter.object(json -> json.field(REKEY, rekey));
    }

    static String rekeyOfPastEpoch(String key, byte[] bytes) {
        return value(key, REKEY, bytes);
    }

    /**
     * The key of one epoch in a room that has this record.
     *
     * @param expected whether there should be one; then that there is none is confirmed anew
     */
    Optional<RoomKey> find(RoomRecord room, Epoch epoch, Endpoint endpoint, boolean expected) {
        int future = epoch.compareTo(room.room().epoch());
        if (future > 0 || room.rekey().isEmpty()) {
            return Optional.empty();
        }
        Optional<SealedKey> key = future == 0
                ? current(room, endpoint, expected)
                : pastRekey(room, epoch).flatMap(rekey -> sealedKey(room, epoch, rekey, endpoint, expected));
        return key.map(found -> new RoomKey(room.roomId(), epoch, endpoint, found));
    }

    /** The rekey of an epoch that is over. */
    Optional<String> pastRekey(RoomRecord room, Epoch epoch) {
        return read(Keys.pastEpoch(room.roomId(), epoch), REKEY, true);
    }

    /** The rekey in the entry of an epoch that is over. */
    static String pastRekey(Entry entry) {
        return value(entry.key(), REKEY, entry.value());
    }

    private Optional<SealedKey> current(RoomRecord room, Endpoint endpoint, boolean expected) {
        Optional<SealedKey> joiner =
                Optional.ofNullable(room.delta().joined().get(endpoint)).flatMap(Delta.Joined::sealedKey);
        return joiner.isPresent()
                ? joiner
                : sealedKey(room, room.room().epoch(), room.rekey().orElseThrow(), endpoint, expected);
    }

    private Optional<SealedKey> sealedKey(
            RoomRecord room, Epoch epoch, String rekey, Endpoint endpoint, boolean expected) {
        return read(Keys.sealedKey(room.roomId(), epoch, rekey, endpoint), "sealed_key", expected)
                .map(SealedKey::parse);
    }

    /** What any replica has is right; that there is nothing must come from the leader, while there is a quorum. */
    private Optional<String> read(String key, String field, boolean expected) {
        Optional<Entry> entry = buckets.reads().anywhere(Bucket.ROOM_KEYS, key).filter(found -> !found.deleted());
        if (entry.isEmpty()) {
            Fence fence = buckets.fence(Bucket.ROOM_KEYS);
            Fence.outcome(expected ? fence.askNow() : fence.ask());
            entry = buckets.reads().atLeader(Bucket.ROOM_KEYS, key).filter(found -> !found.deleted());
        }
        return entry.map(found -> value(key, field, found.value()));
    }

    private static String value(String key, String field, byte[] bytes) {
        try {
            JsonObject json = JsonObject.parse(bytes);
            String value = json.requiredString(field);
            json.refuseUnknownFields();
            return value;
        } catch (MalformedException e) {
            throw Unreadable.exception(Bucket.ROOM_KEYS, key, e.getMessage());
        }
    }
}
