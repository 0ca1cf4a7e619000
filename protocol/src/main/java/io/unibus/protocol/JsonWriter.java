package io.unibus.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Writes one JSON value in memory, as UTF-8. Not thread-safe. */
public final class JsonWriter {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator generator;

    private JsonWriter(JsonGenerator generator) {
        this.generator = generator;
    }

    /** The bytes of an object with the fields that {@code fields} writes. */
    public static byte[] object(Consumer<JsonWriter> fields) {
        return write(json -> json.element(fields));
    }

    /** The bytes of an array of objects. */
    public static <T> byte[] array(Collection<T> items, BiConsumer<T, JsonWriter> fields) {
        return write(json -> json.elements(items, fields));
    }

    public void field(String name, String value) {
        unchecked(() -> generator.writeStringField(name, value));
    }

    public void field(String name, long value) {
        unchecked(() -> generator.writeNumberField(name, value));
    }

    public void field(String name, boolean value) {
        unchecked(() -> generator.writeBooleanField(name, value));
    }

    /** RFC 3339, UTC. */
    public void field(String name, Instant value) {
        field(name, value.toString());
    }

    public void strings(String name, List<String> values) {
        unchecked(() -> {
            generator.writeArrayFieldStart(name);
            for (String value : values) {
                generator.writeString(value);
            }
            generator.writeEndArray();
        });
    }

    public void object(String name, Consumer<JsonWriter> fields) {
        unchecked(() -> generator.writeFieldName(name));
        element(fields);
    }

    public <T> void array(String name, Collection<T> items, BiConsumer<T, JsonWriter> fields) {
        unchecked(() -> generator.writeFieldName(name));
        elements(items, fields);
    }

    private void element(Consumer<JsonWriter> fields) {
        unchecked(generator::writeStartObject);
        fields.accept(this);
        unchecked(generator::writeEndObject);
    }

    private <T> void elements(Collection<T> items, BiConsumer<T, JsonWriter> fields) {
        unchecked(generator::writeStartArray);
        for (T item : items) {
            element(json -> fields.accept(item, json));
        }
        unchecked(generator::writeEndArray);
    }

    private static byte[] write(Consumer<JsonWriter> value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
            value.accept(new JsonWriter(generator));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // writing to memory
        }
        return bytes.toByteArray();
    }

    private static void unchecked(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // writing to memory
        }
    }

    private interface Step {
        void run() throws IOException;
    }
}
