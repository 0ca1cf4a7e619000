package io.unibus.store.jetstream;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.snapshot.SnapshotTarget;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Takes a whole control plane over into the five buckets, which must be there. One thread; whoever opened it closes it. */
public final class KvTarget implements SnapshotTarget, AutoCloseable {
    private static final String MIGRATED = "_migrated";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Writes writes;
    private final Reads reads;
    private final Function<Map<Bucket, EntryListener>, Following> follow;
    private final KvImport.Chunk chunk;
    private final LongSupplier nanoTime;
    private final Runnable release;

    KvTarget(
            Writes writes,
            Reads reads,
            Function<Map<Bucket, EntryListener>, Following> follow,
            KvImport.Chunk chunk,
            LongSupplier nanoTime,
            Runnable release) {
        this.writes = writes;
        this.reads = reads;
        this.follow = follow;
        this.chunk = chunk;
        this.nanoTime = nanoTime;
        this.release = release;
    }

    /**
     * What completes a migration.
     *
     * @param source the digest of the source's manifest
     */
    public record Mark(String source, long records, Instant at) {
        private static Mark fromJson(byte[] bytes) {
            JsonObject json = JsonObject.parse(bytes);
            Mark mark =
                    new Mark(json.requiredString("source"), json.requiredLong("records"), json.requiredInstant("at"));
            json.refuseUnknownFields();
            return mark;
        }

        private byte[] toJson() {
            return JsonWriter.object(json -> {
                json.field("source", source);
                json.field("records", records);
                json.field("at", at);
            });
        }
    }

    /**
     * Does nothing yet.
     *
     * @param timeout how long one write, or the wait for a quorum, may take
     */
    public static KvTarget open(Link link, Duration timeout) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "unibus-import-timer");
            thread.setDaemon(true);
            return thread;
        });
        LongSupplier nanoTime = System::nanoTime;
        return new KvTarget(
                new JetStreamWrites(link, Timer.on(executor), nanoTime, timeout),
                new JetStreamReads(link, nanoTime, timeout),
                listeners -> new QuorumFollowing(link, listeners, nanoTime, timeout),
                KvImport.Chunk.DEFAULT,
                nanoTime,
                executor::shutdownNow);
    }

    /** Returns what the buckets hold now, to be written on. */
    public KvCut cut() {
        return KvCut.open(follow, EnumSet.allOf(Bucket.class), nanoTime, PATIENCE);
    }

    /** Returns what the buckets hold now, to be read. The projections are left out, which say nothing that the rooms do not. */
    public SnapshotSource source() {
        return KvCut.open(follow, EnumSet.of(Bucket.ROOMS, Bucket.ROOM_KEYS, Bucket.USERS), nanoTime, PATIENCE);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Each room's record is written when its sealed keys are there, so that no reader ever sees half of a room,
     * whenever this ends. What an import that ended early has left is completed by the next one.
     *
     * @throws io.unibus.store.StoreException when the servers did not take it all; a later import goes on
     */
    @Override
    public Comparison importFrom(SnapshotSource source, Progress progress) {
        progress.at(Progress.Step.READ_TARGET, 0, 0);
        try (KvCut before = cut()) {
            Comparison comparison = Comparison.between(source, before, progress);
            if (!comparison.isConflict() && !comparison.isEqual()) {
                new KvImport(writes, reads, before, ImportIds.ANY, chunk, progress).run(source);
                requireEqual(source, progress);
            }
            return comparison;
        }
    }

    /** Compares once more: what an earlier import left may have been cleared away by a node after it was found here. */
    private void requireEqual(SnapshotSource source, Progress progress) {
        progress.at(Progress.Step.READ_TARGET, 0, 0);
        try (SnapshotSource now = source()) {
            Comparison after = Comparison.between(source, now, progress);
            if (!after.isEqual()) {
                throw new StoreUnavailableException(
                        "The buckets were changed during the import: " + after.missing() + " records are missing, "
                                + after.differing() + " differ and " + after.extra()
                                + " are new. To do: see that nobody"
                                + " uses the cluster yet, and try again.",
                        null);
            }
        }
    }

    /**
     * Makes the buckets hold what {@code source} does: writes what is missing, and replaces or removes what is stale.
     * Only to be called when nothing else differs, which a comparison of the two has told.
     *
     * @param found what the buckets hold
     * @param migration its secret name, by which {@link KvCut#isMadeBy} knows again what is written now
     * @throws io.unibus.store.StoreException when the servers did not take it all; a later call goes on
     */
    public void write(SnapshotSource source, KvCut found, String migration, Progress progress) {
        new KvImport(writes, reads, found, new ImportIds(migration), chunk, progress).run(source);
    }

    /** The mark of a completed migration, if there is one. */
    public Optional<Mark> mark() {
        return markEntry().filter(entry -> !entry.deleted()).map(entry -> {
            try {
                return Mark.fromJson(entry.value());
            } catch (MalformedException e) {
                throw Unreadable.exception(Bucket.USERS, MIGRATED, e.getMessage());
            }
        });
    }

    /** Says that a migration is complete, in the place of what an earlier one said. */
    public void putMark(Mark mark) {
        long revision = markEntry().map(Entry::revision).orElse(0L);
        OptionalLong put = Buckets.await(
                writes.put(Bucket.USERS, MIGRATED, mark.toJson(), new Expectation.KeyAt(revision)),
                Duration.ofMinutes(1));
        if (put.isEmpty() && mark().filter(mark::equals).isEmpty()) {
            throw new StoreUnavailableException(
                    "another migration completed at this moment. To do: run it again.", null);
        }
    }

    private Optional<Entry> markEntry() {
        return reads.atLeader(Bucket.USERS, MIGRATED);
    }

    @Override
    public void close() {
        release.run();
    }
}
