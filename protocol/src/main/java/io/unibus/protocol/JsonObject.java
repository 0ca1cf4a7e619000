package io.unibus.protocol;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object read strictly: duplicate fields, wrong types and trailing text are refused when it is parsed or asked,
 * unknown fields by {@link #refuseUnknownFields}. A field that is {@code null} counts as absent. Not thread-safe.
 *
 * <p>All failures are {@link MalformedException}s of the kind {@code json}, whose message names the field.
 */
public final class JsonObject {
    /** More than the endpoints that fit into a request body of 1 MiB, which is what the largest requests consist of. */
    private static final int MAX_VALUES = 20_000;

    /** More than the values of any list in the 8 MiB that a client takes: the shortest records have 12 bytes for each. */
    private static final int MAX_VALUES_OF_ARRAY = 1024 * 1024;

    private static final int MAX_REASON_LENGTH = 500;

    private final String path;
    private final Map<String, Object> fields;
    private final Set<String> asked = new LinkedHashSet<>();

    private JsonObject(String path, Map<String, Object> fields) {
        this.path = path;
        this.fields = fields;
    }

    /** Reads UTF-8 bytes that hold exactly one JSON object of at most 20,000 values. */
    public static JsonObject parse(byte[] utf8) {
        return new JsonObject("", asObject("the body", JsonTree.read(utf8, MAX_VALUES)));
    }

    /** Reads UTF-8 bytes that hold exactly one JSON array of objects: an answer, with far more values than a request has. */
    public static List<JsonObject> parseArray(byte[] utf8) {
        if (!(JsonTree.read(utf8, MAX_VALUES_OF_ARRAY) instanceof List<?> items)) {
            throw malformed("the body must be a JSON array");
        }
        List<JsonObject> objects = new ArrayList<>();
        for (Object item : items) {
            objects.add(new JsonObject("[" + objects.size() + "].", asObject("[" + objects.size() + "]", item)));
        }
        return objects;
    }

    public String requiredString(String name) {
        return string(name).orElseThrow(() -> missing(name));
    }

    public Optional<String> string(String name) {
        return field(name).map(value -> {
            if (value instanceof String text) {
                return text;
            }
            throw wrongType(name, "a string");
        });
    }

    public boolean requiredBoolean(String name) {
        return field(name)
                .map(value -> {
                    if (value instanceof Boolean flag) {
                        return flag;
                    }
                    throw wrongType(name, "true or false");
                })
                .orElseThrow(() -> missing(name));
    }

    public long requiredLong(String name) {
        return number(name).orElseThrow(() -> missing(name));
    }

    public Optional<Long> number(String name) {
        return field(name).map(value -> {
            if (value instanceof Long number) {
                return number;
            }
            throw wrongType(name, "a whole number");
        });
    }

    /** An RFC 3339 time. */
    public Instant requiredInstant(String name) {
        try {
            return Instant.parse(requiredString(name));
        } catch (DateTimeException e) {
            throw wrongType(name, "a time like 2026-11-21T08:50:00Z");
        }
    }

    public Optional<JsonObject> object(String name) {
        return field(name).map(value -> new JsonObject(path + name + ".", asObject("field " + path + name, value)));
    }

    /** An array whose items are all objects; empty when absent. */
    public List<JsonObject> objects(String name) {
        Object value = field(name).orElse(List.of());
        if (!(value instanceof List<?> items)) {
            throw wrongType(name, "an array of objects");
        }
        List<JsonObject> objects = new ArrayList<>();
        for (Object item : items) {
            String place = path + name + "[" + objects.size() + "]";
            objects.add(new JsonObject(place + ".", asObject("field " + place, item)));
        }
        return objects;
    }

    /** An object whose values are all strings, in the order written; empty when absent. */
    public Map<String, String> stringMap(String name) {
        Map<String, String> strings = new LinkedHashMap<>();
        object(name)
                .ifPresent(
                        object -> object.fields.keySet().forEach(key -> strings.put(key, object.requiredString(key))));
        return strings;
    }

    /** An array whose items are all strings; empty when absent. */
    public List<String> strings(String name) {
        Object value = field(name).orElse(List.of());
        if (!(value instanceof List<?> items)) {
            throw wrongType(name, "an array of strings");
        }
        List<String> strings = new ArrayList<>();
        for (Object item : items) {
            if (!(item instanceof String text)) {
                throw wrongType(name, "an array of strings");
            }
            strings.add(text);
        }
        return strings;
    }

    /** To be called after all known fields were asked for. */
    public void refuseUnknownFields() {
        Set<String> unknown = new TreeSet<>(fields.keySet());
        unknown.removeAll(asked);
        if (!unknown.isEmpty()) {
            throw malformed("unknown field " + path + String.join(", " + path, unknown) + "; known are "
                    + String.join(", ", asked));
        }
    }

    private Optional<Object> field(String name) {
        asked.add(name);
        return Optional.ofNullable(fields.get(name));
    }

    private MalformedException missing(String name) {
        return malformed("field " + path + name + " is missing");
    }

    private MalformedException wrongType(String name, String expected) {
        return malformed("field " + path + name + " must be " + expected);
    }

    /** The reason may repeat names from the text, which can be as long as the text. */
    static MalformedException malformed(String reason) {
        return new MalformedException(
                "json", reason.length() <= MAX_REASON_LENGTH ? reason : reason.substring(0, MAX_REASON_LENGTH) + "...");
    }

    @SuppressWarnings("unchecked") // JsonTree makes no other maps
    private static Map<String, Object> asObject(String what, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw malformed(what + " must be a JSON object");
    }
}
