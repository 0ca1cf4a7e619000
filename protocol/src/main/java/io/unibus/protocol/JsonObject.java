package io.unibus.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(16).build())
            .build();

    private final String path;
    private final Map<String, Object> fields;
    private final Set<String> asked = new LinkedHashSet<>();

    private JsonObject(String path, Map<String, Object> fields) {
        this.path = path;
        this.fields = fields;
    }

    /** Reads UTF-8 bytes that hold exactly one JSON object. */
    public static JsonObject parse(byte[] utf8) {
        return new JsonObject("", asObject("the body", parseValue(utf8)));
    }

    /** Reads UTF-8 bytes that hold exactly one JSON array of objects. */
    public static List<JsonObject> parseArray(byte[] utf8) {
        if (!(parseValue(utf8) instanceof List<?> items)) {
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

    private static MalformedException malformed(String reason) {
        return new MalformedException("json", reason);
    }

    @SuppressWarnings("unchecked") // readValue makes no other maps
    private static Map<String, Object> asObject(String what, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw malformed(what + " must be a JSON object");
    }

    private static @Nullable Object parseValue(byte[] utf8) {
        try (JsonParser parser = openParser(utf8)) {
            if (parser.nextToken() == null) {
                throw malformed("the body is empty; it must be JSON");
            }
            Object value = readValue(parser);
            if (parser.nextToken() != null) {
                throw malformed("there is more text after the end of the JSON value");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw malformed(e.getOriginalMessage() + place(e.getLocation()));
        } catch (CharacterCodingException e) {
            throw malformed("the body is not UTF-8");
        } catch (IOException e) {
            throw new UncheckedIOException(e); // reading from memory
        }
    }

    /** The parser's own decoder guesses among encodings, and lets overlong forms and surrogates pass as UTF-8. */
    private static JsonParser openParser(byte[] utf8) throws IOException {
        CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
        return FACTORY.createParser(text.array(), text.arrayOffset(), text.length());
    }

    /** Faults against a limit have no location. */
    private static String place(@Nullable JsonLocation location) {
        return location == null ? "" : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
    }

    private static @Nullable Object readValue(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> readObject(parser);
            case START_ARRAY -> readArray(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw malformed("unexpected " + parser.currentToken());
        };
    }

    private static Map<String, @Nullable Object> readObject(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            object.put(name, readValue(parser));
        }
        return object;
    }

    private static List<@Nullable Object> readArray(JsonParser parser) throws IOException {
        List<@Nullable Object> array = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(readValue(parser));
        }
        return array;
    }
}
