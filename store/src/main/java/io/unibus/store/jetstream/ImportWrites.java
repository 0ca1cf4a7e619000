package io.unibus.store.jetstream;

import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.sqlite.SortedRows;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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

    ImportWrites(Writes writes, Reads reads, CutRows before) {
        this.writes = writes;
        this.reads = reads;
        this.before = before;
    }

    /**
     * A value and where it is to be written.
     *
     * @param found what was found there
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Place(String key, Optional<SortedRows.Row> found, byte[] value) {
        long revision() {
            return found.map(SortedRows.Row::revision).orElse(0L);
        }

        boolean holdsValue() {
            return found.filter(row -> !row.deleted() && Arrays.equals(row.value(), value))
                    .isPresent();
        }
    }

    /** Writes a value, unless it is there already. */
    void put(Bucket bucket, String key, SortedRows.Key place, byte[] value) {
        put(bucket, key, before.find(place), value);
    }

    /** @param found what was found in the place */
    void put(Bucket bucket, String key, Optional<SortedRows.Row> found, byte[] value) {
        putAll(bucket, List.of(new Place(key, found, value)));
    }

    /** Writes values, all or none of them, but those that are there already. */
    void putAll(Bucket bucket, List<Place> places) {
        List<Part> parts = places.stream()
                .filter(place -> !place.holdsValue())
                .map(place -> new Part(place.key(), Optional.of(place.value()), place.revision()))
                .toList();
        if (!parts.isEmpty()) {
            send(new Write(bucket, parts));
        }
    }

    /** Removes what was found in a place, if there was something. */
    void delete(Bucket bucket, String key, SortedRows.Key place) {
        before.find(place)
                .filter(row -> !row.deleted())
                .ifPresent(row -> send(new Write(bucket, List.of(new Part(key, Optional.empty(), row.revision())))));
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

    /**
     * One key of a write.
     *
     * @param value empty: the key is removed
     * @param expected the revision that was found
     */
    private record Part(String key, Optional<byte[]> value, long expected) {
        boolean isWrittenIn(Optional<Entry> entry) {
            return entry.filter(found -> value.isPresent()
                            ? !found.deleted() && Arrays.equals(found.value(), value.get())
                            : found.deleted())
                    .isPresent();
        }
    }

    /** One write until it is certain: of one key, or of several that are written together. */
    private final class Write {
        private final Bucket bucket;
        private final List<Part> parts;
        private int attempts;

        Write(Bucket bucket, List<Part> parts) {
            this.bucket = bucket;
            this.parts = parts;
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
                Part first = parts.get(0);
                CompletableFuture<OptionalLong> write = first.value().isPresent()
                        ? writes.putAll(bucket, puts())
                        : writes.delete(bucket, first.key(), new Expectation.KeyAt(first.expected()));
                begun = true;
                return write;
            } finally {
                if (!begun) {
                    window.release();
                }
            }
        }

        private List<BatchPut> puts() {
            return parts.stream()
                    .map(part -> new BatchPut(
                            part.key(), part.value().orElseThrow(), new Expectation.KeyAt(part.expected())))
                    .toList();
        }

        private void settle(@Nullable OptionalLong revision, @Nullable Throwable thrown) {
            if (revision != null && revision.isPresent()) {
                return;
            }
            if (thrown == null || cause(thrown) instanceof OutcomeUnknownException) {
                unclear.add(this); // looked at by the one who writes, not by the one who hears the answers
            } else {
                failure.compareAndSet(null, cause(thrown));
            }
        }

        /** Looks whether an earlier attempt got through, or somebody else writes here; otherwise sends another. */
        void lookAgain() {
            boolean written = true;
            for (Part part : parts) {
                Optional<Entry> entry = reads.atLeader(bucket, part.key());
                boolean isWritten = part.isWrittenIn(entry);
                written &= isWritten;
                if (!isWritten && entry.map(Entry::revision).orElse(0L) != part.expected()) {
                    throw unavailable(
                            part,
                            "was changed by somebody else during the import",
                            "see that nobody uses the cluster yet");
                }
            }
            if (!written && attempts == ATTEMPTS) {
                throw unavailable(parts.get(0), "could not be written", "see with `unibus status` how the nodes are");
            }
            if (!written) {
                send();
            }
        }

        private StoreUnavailableException unavailable(Part part, String why, String advice) {
            return new StoreUnavailableException(
                    "Key " + part.key() + " of " + bucket.bucketName() + " " + why
                            + ". The import goes on where it was when it is run again. To do: " + advice + ", and try"
                            + " again.",
                    null);
        }
    }

    private static Throwable cause(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown instanceof CompletionException && cause != null ? cause : thrown;
    }
}
