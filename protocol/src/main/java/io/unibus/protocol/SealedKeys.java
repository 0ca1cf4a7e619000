package io.unibus.protocol;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The sealed keys of one epoch by endpoint, as requests carry them: {@code {"U…": "base64url", …}}. */
final class SealedKeys {
    private SealedKeys() {}

    static SortedMap<Endpoint, SealedKey> fromJson(JsonObject json, String field) {
        SortedMap<Endpoint, SealedKey> keys = new TreeMap<>();
        json.stringMap(field).forEach((endpoint, key) -> {
            if (keys.put(Endpoint.parse(endpoint), SealedKey.parse(key)) != null) {
                throw new MalformedException("json", "field " + field + " names an endpoint twice in different case");
            }
        });
        return keys;
    }

    static void write(JsonWriter json, String field, Map<Endpoint, SealedKey> keys) {
        json.object(field, object -> keys.forEach((endpoint, key) -> object.field(endpoint.nkey(), key.base64url())));
    }

    static SortedMap<Endpoint, SealedKey> copy(Map<Endpoint, SealedKey> keys) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    }
}
