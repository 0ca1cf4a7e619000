package io.unibus.node.cli;

import io.unibus.protocol.JsonWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** The switch between output for people and for machines. */
final class JsonOption {
    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    /** Prints one thing: its fields as JSON, or what {@code forPeople} prints. */
    void print(PrintWriter out, Consumer<JsonWriter> fields, Runnable forPeople) {
        if (json) {
            out.println(new String(JsonWriter.object(fields), StandardCharsets.UTF_8));
        } else {
            forPeople.run();
        }
    }

    /** Prints a list: a JSON array, or the table that {@code forPeople} prints. */
    <T> void print(PrintWriter out, Collection<T> items, BiConsumer<T, JsonWriter> fields, Runnable forPeople) {
        if (json) {
            out.println(new String(JsonWriter.array(items, fields), StandardCharsets.UTF_8));
        } else {
            forPeople.run();
        }
    }
}
