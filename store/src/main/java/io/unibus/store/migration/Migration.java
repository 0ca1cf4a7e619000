package io.unibus.store.migration;

import io.unibus.store.jetstream.KvCut;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Integrity;
import io.unibus.store.snapshot.Manifest;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.BesideDatabase;
import io.unibus.store.sqlite.SqliteBackup;
import io.unibus.store.sqlite.SqliteCut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Moves a whole control plane from a SQLite file into the buckets of a cluster. The steps only go forward: hold writes to
 * the source, check it, back it up, write, compare both sides whole, mark as complete, and only then let go of the source,
 * which takes no write any more. While a node uses the source, most is written from the backup before the hold.
 *
 * <p>What ended before its end is completed by another run, also when the source has changed in between: a record that an
 * unfinished run of the same migration has written, and nobody has touched since, is brought up to date; one that anybody
 * else has written never is. A mark is never there without equality. The source is not changed.
 */
public final class Migration {
    private final Path database;
    private final KvTarget target;
    private final InstantSource clock;
    private final Duration timeout;
    private final Progress progress;

    /** @param timeout how long to wait for others who write to the source */
    public Migration(Path database, KvTarget target, InstantSource clock, Duration timeout, Progress progress) {
        this.database = database.toAbsolutePath().normalize();
        this.target = target;
        this.clock = clock;
        this.timeout = timeout;
        this.progress = progress;
    }

    /**
     * What was found and done.
     *
     * @param source what the source holds
     * @param before how the target compared with it before anything was written
     * @param after how it compares now; the same when nothing was written
     * @param backup the copy of the source that was made
     * @param earlier what completed an earlier migration into this target
     * @param completed whether the marks are there
     * @param written how many records were written, replaced and removed
     * @param writtenInHold how many of them while nobody could write to the source
     * @param readOnly for how long nobody could write to the source
     */
    public record Report(
            Manifest source,
            Comparison before,
            Comparison after,
            Optional<Path> backup,
            Optional<KvTarget.Mark> earlier,
            boolean completed,
            long written,
            long writtenInHold,
            Duration readOnly) {
        /** Whether the target holds what the source does, no more and no less. */
        public boolean isEqual() {
            return after.isEqual();
        }
    }

    /** The file that names an unfinished migration of a database, or would. */
    public static Path unfinished(Path database) {
        return BesideDatabase.migrating(database);
    }

    /** Finds out what {@link #run} would do, and changes nothing. */
    public Report check() {
        try (SqliteCut source = SqliteCut.open(database, timeout)) {
            Run run = new Run();
            Manifest manifest = checked(source);
            try (KvCut found = read(target::cut)) {
                Comparison comparison = run.compare(source, found);
                return run.report(manifest, comparison);
            }
        }
    }

    /**
     * Migrates a source that nobody uses, or finds that there is nothing to do. Where the target has what the source does
     * not have, or has it otherwise, nothing is written.
     *
     * @param backup whether to make a copy of the source before anything is written
     * @throws io.unibus.store.StoreException when a side cannot be read or written now
     * @throws SnapshotException when the source is not a whole control plane, or a file cannot be written
     */
    public Report run(boolean backup) {
        return alone(() -> new Run().finish(backup));
    }

    /**
     * Migrates like {@link #run} a source that a node may be using. The node's writes are held up only for what was written
     * since the backup, and are refused once the migration is complete.
     */
    public Report runOnline() {
        return alone(() -> {
            Run run = new Run();
            if (MigratedFile.read(database).isPresent()) { // nobody writes to the source any more
                return run.finish(true);
            }
            Optional<Report> conflict = run.writeAhead();
            return conflict.isPresent() ? conflict.get() : run.finish(false);
        });
    }

    private Report alone(Supplier<Report> work) {
        SqliteCut.requireFile(database);
        MigrationLock lock = MigrationLock.take(database);
        try {
            return work.get();
        } finally {
            lock.close();
        }
    }

    private Manifest checked(SqliteCut source) {
        try {
            Integrity.require(source);
        } catch (SnapshotException e) {
            throw new SnapshotException(
                    "the database " + database + " does not hold a whole control plane: " + e.getMessage()
                            + ". Nothing was written. Restore it from a backup",
                    e);
        }
        return Manifest.of(source, progress, Progress.Step.CHECK_SOURCE);
    }

    private <T> T read(Supplier<T> reading) {
        progress.at(Progress.Step.READ_TARGET, 0, 0);
        return reading.get();
    }

    /** What one run has found and done so far. */
    private final class Run {
        private final Optional<KvTarget.Mark> earlier = target.mark();
        private Optional<MigratingFile> migration = MigratingFile.read(database);
        private Optional<Path> copy = Optional.empty();
        private @Nullable Comparison first;
        private boolean completed;
        private long written;
        private long writtenInHold;
        private Instant held = Instant.MAX;
        private Duration readOnly = Duration.ZERO;

        /** Writes what a new backup holds, while others go on with the source. Returns what is in the way of that. */
        Optional<Report> writeAhead() {
            Path backup = backUp();
            copy = Optional.of(backup);
            try (SqliteCut source = SqliteCut.open(backup, timeout)) {
                Manifest manifest = checked(source);
                try (KvCut found = read(target::cut)) {
                    Comparison comparison = compare(source, found);
                    if (!comparison.isConflict()) {
                        write(source, found, comparison);
                        return Optional.empty();
                    }
                    discard(backup);
                    return Optional.of(report(manifest, comparison));
                }
            }
        }

        /** Writes what is left to write, and completes the migration, while nobody can write to the source. */
        Report finish(boolean backup) {
            Report report;
            try (SqliteCut source = SqliteCut.openHoldingWrites(database, timeout, () -> held = clock.instant())) {
                report = finish(source, backup);
            }
            readOnly = Duration.between(held, clock.instant());
            return report(report.source(), report.after());
        }

        private Report finish(SqliteCut source, boolean backup) {
            Manifest manifest = checked(source);
            Comparison after;
            try (KvCut found = read(target::cut)) {
                after = compare(source, found);
                if (!after.isConflict() && !after.isEqual()) {
                    copy = backup ? Optional.of(backUp()) : copy;
                    write(source, found, after);
                    writtenInHold = after.toWrite();
                }
            }
            if (writtenInHold > 0) {
                try (SnapshotSource found = read(target::source)) {
                    after = Comparison.between(source, found, progress);
                }
            }
            if (after.isEqual()) {
                complete(manifest);
            }
            return report(manifest, after);
        }

        /** Reads both sides whole. */
        Comparison compare(SnapshotSource source, KvCut found) {
            Comparison comparison = Comparison.replacing(
                    source,
                    found,
                    progress,
                    record -> migration
                            .map(MigratingFile::name)
                            .filter(name -> found.isMadeBy(name, record))
                            .isPresent());
            first = first == null ? comparison : first;
            return comparison;
        }

        private void write(SnapshotSource source, KvCut found, Comparison comparison) {
            if (comparison.isEqual()) {
                return;
            }
            MigratingFile mine = migration.orElseGet(() -> MigratingFile.create(database, clock.instant()));
            migration = Optional.of(mine);
            target.write(source, found, mine.name(), progress);
            written += comparison.toWrite();
        }

        private Path backUp() {
            progress.at(Progress.Step.BACK_UP, 0, 0);
            return SqliteBackup.take(database, clock.instant(), timeout);
        }

        private void discard(Path backup) {
            copy = Optional.empty();
            try {
                Files.delete(backup);
            } catch (IOException e) {
                copy = Optional.of(backup); // and the report tells of it
            }
        }

        /**
         * In the cluster first: the file beside the database is what makes its node refuse to start, and to write, and from
         * then on the target may change.
         */
        private void complete(Manifest manifest) {
            Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            if (earlier.filter(mark -> mark.source().equals(manifest.digest())).isEmpty()) {
                target.putMark(new KvTarget.Mark(manifest.digest(), manifest.count(), now));
            }
            if (MigratedFile.read(database)
                    .filter(file -> file.source().equals(manifest.digest()))
                    .isEmpty()) {
                new MigratedFile(now, manifest.digest()).write(database);
            }
            MigratingFile.remove(database);
            completed = true;
        }

        Report report(Manifest manifest, Comparison after) {
            Comparison before = first == null ? after : first;
            return new Report(manifest, before, after, copy, earlier, completed, written, writtenInHold, readOnly);
        }
    }
}
