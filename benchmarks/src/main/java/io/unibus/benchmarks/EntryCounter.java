package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.unibus.store.jetstream.Bucket;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the entries that are written to each bucket, as their leaders republish them. Keys that begin with an underscore, such
 * as those of read barriers, are not counted. Thread-safe.
 */
final class EntryCounter implements AutoCloseable {
    private static final String PREFIX = "unibus.view.";
    private static final long QUIET_MILLIS = 1_000;
    private static final long STEP_MILLIS = 50;

    private final Connection connection;
    private final Dispatcher dispatcher;
    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    /** @param connection to the account of the control plane; it stays the caller's */
    EntryCounter(Connection connection) {
        this.connection = connection;
        this.dispatcher = connection.createDispatcher(message -> count(message.getSubject()));
        dispatcher.subscribe(PREFIX + ">");
    }

    private void count(String subject) {
        int dot = subject.indexOf('.', PREFIX.length());
        if (dot > 0 && !subject.startsWith("_", dot + 1)) {
            counts.computeIfAbsent(subject.substring(PREFIX.length(), dot), bucket -> new LongAdder())
                    .increment();
        }
    }

    /** Returns the number of entries of each bucket so far, once nothing was written for a second. */
    Map<Bucket, Long> awaitQuiet() throws InterruptedException {
        Map<Bucket, Long> last = read();
        for (long quiet = 0; quiet < QUIET_MILLIS; quiet += STEP_MILLIS) {
            Thread.sleep(STEP_MILLIS);
            Map<Bucket, Long> now = read();
            if (!now.equals(last)) {
                quiet = 0;
                last = now;
            }
        }
        return last;
    }

    private Map<Bucket, Long> read() {
        Map<Bucket, Long> read = new EnumMap<>(Bucket.class);
        for (Bucket bucket : Bucket.values()) {
            LongAdder count = counts.get(bucket.bucketName());
            read.put(bucket, count == null ? 0 : count.sum());
        }
        return read;
    }

    @Override
    public void close() {
        connection.closeDispatcher(dispatcher);
    }
}
