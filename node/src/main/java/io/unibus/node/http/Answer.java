package io.unibus.node.http;

import io.unibus.protocol.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What a route answers: status, media type, body and further header fields. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Answer(int status, String mediaType, byte[] body, Map<String, String> headers) {
    static final String JSON = "application/json";
    static final String PROBLEM = "application/problem+json";

    static Answer json(int status, Consumer<JsonWriter> fields) {
        return new Answer(status, JSON, JsonWriter.object(fields), Map.of());
    }

    static <T> Answer jsonArray(Collection<T> items, BiConsumer<T, JsonWriter> fields) {
        return new Answer(200, JSON, JsonWriter.array(items, fields), Map.of());
    }

    static Answer noContent() {
        return new Answer(204, "", new byte[0], Map.of());
    }

    static Answer text(String mediaType, String body) {
        return new Answer(200, mediaType + "; charset=utf-8", body.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    Answer withHeader(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Answer(status, mediaType, body, more);
    }
}
