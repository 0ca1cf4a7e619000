package io.unibus.store.jetstream;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import java.util.function.UnaryOperator;

/**
 * Where the sealed keys of an epoch are that is over: it is written before the record that ends the epoch, by whoever
 * attempts that.
 *
 * @param version of the room's record that the attempt was decided on. The key sets of an epoch only grow with it, and the
 *     attempt that succeeds has the highest of all: so an attempt replaces only those of lower versions.
 */
record PastEpoch(KeySets keySets, long version) {
    static PastEpoch fromJson(byte[] bytes) {
        JsonObject json = JsonObject.parse(bytes);
        PastEpoch past = new PastEpoch(
                new KeySets(
                        json.requiredString("key_set"),
                        KeySets.parseJoiners(json.strings("joiners"), UnaryOperator.identity())),
                json.requiredLong("version"));
        json.refuseUnknownFields();
        return past;
    }

    /** Reads the value of an entry. @throws io.unibus.store.StoreUnusableException when it has another form */
    static PastEpoch of(Entry entry) {
        try {
            return fromJson(entry.value());
        } catch (MalformedException e) {
            throw Unreadable.exception(Bucket.ROOM_KEYS, entry.key(), e.getMessage());
        }
    }

    byte[] toJson() {
        return JsonWriter.object(json -> {
            json.field("key_set", keySets.name());
            json.field("version", version);
            if (!keySets.joiners().isEmpty()) {
                json.strings("joiners", KeySets.joinerLines(keySets.joiners()));
            }
        });
    }
}
