package io.unibus.protocol;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Body of {@code POST /rooms/{room}/rekey}.
 *
 * @param epoch the new epoch: the one that the author saw, plus one
 * @param keys the new key sealed to each remaining member, no one missing and no one extra
 * @param remove members who leave in the same step
 */
public record RekeyRequest(Epoch epoch, SortedMap<Endpoint, SealedKey> keys, SortedSet<Endpoint> remove) {
    public RekeyRequest {
        keys = SealedKeys.copy(keys);
        remove = Collections.unmodifiableSortedSet(new TreeSet<>(remove));
    }

    public RekeyRequest(Epoch epoch, Map<Endpoint, SealedKey> keys, Collection<Endpoint> remove) {
        this(epoch, SealedKeys.copy(keys), new TreeSet<>(remove));
    }

    public static RekeyRequest fromJson(JsonObject json) {
        RekeyRequest request = new RekeyRequest(
                new Epoch(json.requiredLong("epoch")),
                SealedKeys.fromJson(json, "keys"),
                json.strings("remove").stream().map(Endpoint::parse).toList());
        json.refuseUnknownFields();
        return request;
    }

    public void writeFields(JsonWriter json) {
        json.field("epoch", epoch.number());
        SealedKeys.write(json, "keys", keys);
        json.strings("remove", remove.stream().map(Endpoint::nkey).toList());
    }
}
