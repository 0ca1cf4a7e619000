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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON text into maps, lists and plain values. Nesting and the number of values are limited while it reads:
 * what is built can be many times as large as the text. Used once, by one thread.
 */
final class JsonTree {
    /** The deepest record is the status of a cluster: an object of an object of buckets, each with a list of replicas. */
    private static final int MAX_NESTING = 6;

    /** Field names are not remembered from one body to the next: in the main they are endpoints, and senders choose them. */
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
            .build();

    private final JsonParser parser;
    private final int maxValues;
    private int values;

    private JsonTree(JsonParser parser, int maxValues) {
        this.parser = parser;
        this.maxValues = maxValues;
    }

    /**
     * Reads UTF-8 bytes that hold exactly one JSON value.
     *
     * @param maxValues counts objects and arrays too
     */
    static @Nullable Object read(byte[] utf8, int maxValues) {
        try (JsonParser parser = openParser(utf8)) {
            if (parser.nextToken() == null) {
                throw JsonObject.malformed("the body is empty; it must be JSON");
            }
            Object value = new JsonTree(parser, maxValues).value();
            if (parser.nextToken() != null) {
                throw JsonObject.malformed("there is more text after the end of the JSON value");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw JsonObject.malformed(e.getOriginalMessage() + place(e.getLocation()));
        } catch (CharacterCodingException e) {
            throw JsonObject.malformed("the body is not UTF-8");
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

    private @Nullable Object value() throws IOException {
        values++;
        if (values > maxValues) {
            throw JsonObject.malformed("there are more than " + maxValues + " values");
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw JsonObject.malformed("unexpected " + parser.currentToken());
        };
    }

    private Map<String, @Nullable Object> object() throws IOException {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            object.put(name, value());
        }
        return object;
    }

    private List<@Nullable Object> array() throws IOException {
        List<@Nullable Object> array = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            array.add(value());
        }
        return array;
    }
}
