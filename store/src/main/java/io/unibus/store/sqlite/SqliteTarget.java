package io.unibus.store.sqlite;

import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.snapshot.SnapshotTarget;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

/** Takes a whole control plane over into one SQLite file, in one transaction. Thread-safe; whoever opened it closes it. */
public final class SqliteTarget implements SnapshotTarget, AutoCloseable {
    private final DatabaseFile database;
    private final SqliteErrors errors;
    private final Writer writer;

    private SqliteTarget(DatabaseFile database, SqliteErrors errors, Writer writer) {
        this.database = database;
        this.errors = errors;
        this.writer = writer;
    }

    /** Opens the store like {@link SqliteStore#open}, which makes one where there is none. */
    public static SqliteTarget open(Path file, Duration operationTimeout) {
        Path path = file.toAbsolutePath().normalize();
        SqliteErrors errors = new SqliteErrors(path);
        DatabaseFile database = new DatabaseFile(path, errors, operationTimeout);
        return new SqliteTarget(database, errors, new Writer(database, errors, operationTimeout, database.prepare()));
    }

    /** An import into an empty store is not noted as changes; listeners of that store learn that some are missing. */
    @Override
    public Comparison importFrom(SnapshotSource source, Progress progress) {
        return writer.write(session -> {
            // As it was before this transaction, and stays: nobody else can write now.
            try (SqliteCut before = SqliteCut.of(database, errors)) {
                Comparison comparison = Comparison.between(source, before, progress);
                if (comparison.isConflict() || comparison.isEqual()) {
                    return comparison;
                }
                return before.count() == 0
                        ? importUnnoted(session, source, before, comparison, progress)
                        : write(session, source, before, comparison, progress);
            }
        });
    }

    /** To note a million changes of which few are kept would take a third of the time. */
    private Comparison importUnnoted(
            Session session, SnapshotSource source, SqliteCut before, Comparison comparison, Progress progress)
            throws SQLException {
        Schema.suspendChanges(session);
        Comparison written = write(session, source, before, comparison, progress);
        Schema.resumeChanges(session, comparison.missing());
        return written;
    }

    private Comparison write(
            Session session, SnapshotSource source, SqliteCut before, Comparison comparison, Progress progress) {
        long[] done = {0};
        return Comparison.between(source, before, Progress.NONE, record -> {
            insert(session, record);
            progress.at(Progress.Step.WRITE, ++done[0], comparison.missing());
        });
    }

    /** What the store holds now. */
    public SqliteCut cut() {
        return SqliteCut.of(database, errors);
    }

    private void insert(Session session, SnapshotRecord record) {
        try {
            if (record instanceof SnapshotRecord.OfUser user) {
                UserRows.insert(session, user.user());
            } else if (record instanceof SnapshotRecord.OfRoom room) {
                RoomRows.insertRoom(session, room.room());
            } else if (record instanceof SnapshotRecord.OfMember member) {
                RoomRows.insertMember(session, member.room(), member.member());
            } else if (record instanceof SnapshotRecord.OfKey key) {
                RoomRows.insertKey(session, key.key());
            }
        } catch (SQLException e) {
            throw errors.before(e);
        }
    }

    /** Like {@link SqliteStore#close}. */
    @Override
    public void close() {
        writer.close();
    }
}
