package io.unibus.store.sqlite;

import io.unibus.protocol.MalformedException;
import io.unibus.store.snapshot.ChainedCursor;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * What one SQLite file holds, as of one moment: a read transaction, or a write transaction in which nothing is written, so
 * that nobody else writes either. Never changes the file, and never makes one. One thread; whoever opened it closes it.
 */
public final class SqliteCut implements SnapshotSource {
    private static final Begin READING = session -> session.run("BEGIN");

    private final SqliteErrors errors;
    private final Session session;
    private final long count;

    private SqliteCut(SqliteErrors errors, Session session, long count) {
        this.errors = errors;
        this.session = session;
        this.count = count;
    }

    /**
     * The moment of this call. The file is checked for damage first, whatever its size.
     *
     * @param timeout how long to wait for locks
     * @throws io.unibus.store.StoreUnusableException when there is no such file, or it is not a sound store of this
     *     version of unibus
     */
    public static SqliteCut open(Path file, Duration timeout) {
        return open(file, timeout, READING);
    }

    /**
     * Like {@link #open}, and the file can be written by nobody until this is closed.
     *
     * @param onHold called as soon as that is so
     */
    public static SqliteCut openHoldingWrites(Path file, Duration timeout, Runnable onHold) {
        return open(file, timeout, session -> {
            session.run("BEGIN IMMEDIATE");
            onHold.run();
        });
    }

    private static SqliteCut open(Path file, Duration timeout, Begin begin) {
        Path path = file.toAbsolutePath().normalize();
        SqliteErrors errors = new SqliteErrors(path);
        requireFile(path, errors);
        DatabaseFile database = new DatabaseFile(path, errors, timeout);
        return begun(database.openExisting(), errors, begin);
    }

    /** Of a store that this process has open, and therefore has checked. */
    static SqliteCut of(DatabaseFile file, SqliteErrors errors) {
        return begun(file.openReader(), errors, READING);
    }

    private static SqliteCut begun(Session session, SqliteErrors errors, Begin begin) {
        try {
            begin.run(session);
            return new SqliteCut(errors, session, count(session));
        } catch (SQLException e) {
            session.close();
            throw errors.before(e);
        }
    }

    /** The first read of a transaction is the moment that it shows. */
    private static long count(Session session) throws SQLException {
        return session.number("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM rooms)"
                + " + (SELECT count(*) FROM members) + (SELECT count(*) FROM sealed_keys)");
    }

    /** @throws io.unibus.store.StoreUnusableException when there is no file to read */
    public static void requireFile(Path file) {
        Path path = file.toAbsolutePath().normalize();
        requireFile(path, new SqliteErrors(path));
    }

    static void requireFile(Path path, SqliteErrors errors) {
        if (Files.isDirectory(path)) {
            throw errors.unusable("it is a directory", "name the file in it, usually unibus.db.", null);
        }
        if (!Files.exists(path)) {
            throw errors.unusable("there is no such file", "name the file of the node, usually unibus.db.", null);
        }
        if (!Files.isReadable(path)) {
            throw errors.unusable("this process may not read it", "check its owner and its mode.", null);
        }
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public SnapshotCursor from(Section first) {
        return ChainedCursor.ofSections(first, this::open);
    }

    /** Ends the transaction. */
    @Override
    public void close() {
        session.close();
    }

    private SnapshotCursor open(Section section) {
        try {
            return new Rows(query(section));
        } catch (SQLException e) {
            throw errors.before(e);
        }
    }

    /** In the order of the primary key. */
    private Session.Cursor<SnapshotRecord> query(Section section) throws SQLException {
        return switch (section) {
            case USERS -> session.cursor(UserRows.ALL, row -> new SnapshotRecord.OfUser(UserRows.user(row)));
            case ROOMS -> session.cursor(RoomRows.ALL_ROOMS, row -> new SnapshotRecord.OfRoom(RoomRows.room(row)));
            case MEMBERS -> session.cursor(RoomRows.ALL_MEMBERS, RoomRows::memberOfRoom);
            case SEALED_KEYS -> session.cursor(RoomRows.ALL_KEYS, row -> new SnapshotRecord.OfKey(RoomRows.key(row)));
        };
    }

    private final class Rows implements SnapshotCursor {
        private final Session.Cursor<SnapshotRecord> rows;

        Rows(Session.Cursor<SnapshotRecord> rows) {
            this.rows = rows;
        }

        @Override
        public Optional<SnapshotRecord> next() {
            try {
                return rows.next();
            } catch (SQLException e) {
                throw errors.before(e);
            } catch (MalformedException e) {
                throw errors.unreadable(e);
            }
        }

        @Override
        public void close() {
            rows.close();
        }
    }

    private interface Begin {
        void run(Session session) throws SQLException;
    }
}
