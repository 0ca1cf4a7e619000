package io.unibus.store.jetstream;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A view that keeps every value as text, and checks the order in which it hears of them. */
final class Recorder implements EntryListener {
    private final Map<String, String> values = new ConcurrentHashMap<>();
    private volatile long last;
    private final AtomicInteger clears = new AtomicInteger();

    @Override
    public void apply(Entry entry) {
        if (entry.revision() <= last) {
            throw new AssertionError(entry.revision() + " after " + last);
        }
        last = entry.revision();
        if (entry.deleted()) {
            values.remove(entry.key());
        } else {
            values.put(entry.key(), new String(entry.value(), StandardCharsets.UTF_8));
        }
    }

    @Override
    public void clear() {
        values.clear();
        last = 0;
        clears.incrementAndGet();
    }

    @Nullable
    String value(String key) {
        return values.get(key);
    }

    /** Without the keys of fences. */
    Map<String, String> records() {
        Map<String, String> records = new TreeMap<>(values);
        records.keySet().removeIf(key -> key.startsWith("_"));
        return records;
    }

    int clears() {
        return clears.get();
    }
}
