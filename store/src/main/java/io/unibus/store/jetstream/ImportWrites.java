package io.unibus.store.jetstream;

import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.sqlite.SortedRows;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one import, each a compare-and-set on what was found before, and each followed up until it is certain. A
 * bounded number is in flight. Used by one thread.
 */
final class ImportWrites {
    private static final int IN_FLIGHT = 512;
    private static final int ATTEMPTS = 5;

    private final Writes writes;
    private final Reads reads;
    private final CutRows before;
    private final Semaphore window = new Semaphore(IN_FLIGHT);
    private final Queue<Write> unclear = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Map<Bucket, Long> highest = new ConcurrentHashMap<>();

    ImportWrites(Writes writes, Reads reads, CutRows before) {
        this.writes = writes;
        this.reads = reads;
        this.before = before;
    }

    static boolean isThere(Optional<SortedRows.Row> row) {
        return row.filter(found -> !found.deleted()).isPresent();
    }

    /** Writes a value, unless it is there already. */
    void put(Bucket bucket, String key, SortedRows.Key place, byte[] value) {
        put(bucket, key, before.find(place), value);
    }

    /** @param found what was found in the place */
    void put(Bucket bucket, String key, Optional<SortedRows.Row> found, byte[] value) {
        long revision = found.map(SortedRows.Row::revision).orElse(0L);
        if (isThere(found) && Arrays.equals(found.orElseThrow().value(), value)) {
            isAt(bucket, revision);
        } else {
            send(new Write(bucket, key, Optional.of(value), revision));
        }
    }

    /** Removes what was found in a place, if there was something. */
    void delete(Bucket bucket, String key, SortedRows.Key place) {
        before.find(place)
                .filter(row -> !row.deleted())
                .ifPresent(row -> send(new Write(bucket, key, Optional.empty(), row.revision())));
    }

    /** Returns when no write is in flight; some may have to be looked at again. */
    void awaitAnswers() {
        window.acquireUninterruptibly(IN_FLIGHT);
        window.release(IN_FLIGHT);
    }

    /** Returns when every write that was begun is certain. */
    void awaitCertain() {
        do {
            lookAgain();
            awaitAnswers();
            requireNoFailure();
        } while (!unclear.isEmpty());
    }

    /** The highest revision in a bucket of what is certain to be there by now, written or found. */
    long highest(Bucket bucket) {
        return highest.getOrDefault(bucket, 0L);
    }

    private void isAt(Bucket bucket, long revision) {
        highest.merge(bucket, revision, Math::max);
    }

    private void send(Write write) {
        requireNoFailure();
        write.send();
        lookAgain();
    }

    private void lookAgain() {
        for (Write again = unclear.poll(); again != null; again = unclear.poll()) {
            again.lookAgain();
        }
    }

    private void requireNoFailure() {
        Throwable first = failure.get();
        if (first instanceof StoreException fault) {
            throw fault;
        }
        if (first != null) {
            throw new IllegalStateException("a write of the import failed in an unexpected way", first);
        }
    }

    /** One write until it is certain. */
    private final class Write {
        private final Bucket bucket;
        private final String key;
        private final Optional<byte[]> value;
        private final long expected;
        private int attempts;

        /** @param value empty: the key is removed */
        Write(Bucket bucket, String key, Optional<byte[]> value, long expected) {
            this.bucket = bucket;
            this.key = key;
            this.value = value;
            this.expected = expected;
        }

        void send() {
            attempts++;
            window.acquireUninterruptibly();
            var unused = begin().whenComplete((revision, thrown) -> {
                settle(revision, thrown);
                window.release();
            });
        }

        private CompletableFuture<OptionalLong> begin() {
            boolean begun = false;
            try {
                Expectation expectation = new Expectation.KeyAt(expected);
                CompletableFuture<OptionalLong> write = value.isPresent()
                        ? writes.put(bucket, key, value.get(), expectation)
                        : writes.delete(bucket, key, expectation);
                begun = true;
                return write;
            } finally {
                if (!begun) {
                    window.release();
                }
            }
        }

        private void settle(@Nullable OptionalLong revision, @Nullable Throwable thrown) {
            if (revision != null && revision.isPresent()) {
                isAt(bucket, revision.getAsLong());
            } else if (thrown == null || cause(thrown) instanceof OutcomeUnknownException) {
                unclear.add(this); // looked at by the one who writes, not by the one who hears the answers
            } else {
                failure.compareAndSet(null, cause(thrown));
            }
        }

        /** What stands there now tells whether an earlier attempt got through, or somebody else writes here. */
        void lookAgain() {
            Optional<Entry> entry = reads.atLeader(bucket, key);
            if (entry.isPresent() && isWritten(entry.get())) {
                isAt(bucket, entry.get().revision());
            } else if (entry.map(Entry::revision).orElse(0L) != expected) {
                throw unavailable(
                        "was changed by somebody else during the import", "see that nobody uses the cluster yet");
            } else if (attempts == ATTEMPTS) {
                throw unavailable("could not be written", "see with `unibus status` how the nodes are");
            } else {
                send();
            }
        }

        private StoreUnavailableException unavailable(String why, String advice) {
            return new StoreUnavailableException(
                    "Key " + key + " of " + bucket.bucketName() + " " + why
                            + ". The import goes on where it was when it is run again. To do: " + advice + ", and try"
                            + " again.",
                    null);
        }

        private boolean isWritten(Entry entry) {
            return value.isPresent() ? !entry.deleted() && Arrays.equals(entry.value(), value.get()) : entry.deleted();
        }
    }

    private static Throwable cause(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown instanceof CompletionException && cause != null ? cause : thrown;
    }
}
