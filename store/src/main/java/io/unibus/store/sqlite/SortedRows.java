package io.unibus.store.sqlite;

import io.unibus.store.StoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;

/**
 * Rows that come in any order and are read in the order of their keys, with constant memory: a temporary database that has
 * no name any more once it is open, so that nobody else can read it and nothing of it outlives this process, however that
 * ends. Whoever made it closes it. One thread at a time.
 */
public final class SortedRows implements AutoCloseable {
    private static final String COLUMNS = "SELECT first, number, middle, last, value, revision, deleted FROM sorted";
    private static final String IN_ORDER = " ORDER BY first, number, middle, last";

    private final Session session;

    private SortedRows(Session session) {
        this.session = session;
    }

    /** What rows are ordered by within their kind: texts by their bytes, numbers as numbers. */
    public record Key(int kind, String first, long number, String middle, String last) {}

    /** @param revision the larger it is the newer the row */
    @SuppressWarnings("ArrayRecordComponent")
    public record Row(Key key, byte[] value, long revision, boolean deleted) {}

    /** Rows as they are read. */
    public interface Cursor extends AutoCloseable {
        Optional<Row> next();

        @Override
        void close();
    }

    /** Makes an empty one. */
    public static SortedRows create() {
        try {
            Path directory = Files.createTempDirectory("unibus-sort-"); // of mode 0700
            try {
                return create(directory);
            } catch (SQLException e) {
                throw failed(e);
            } finally {
                delete(directory);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static SortedRows create(Path directory) throws SQLException {
        Session session = new Session(JDBC.createConnection(
                JDBC.PREFIX + "file:" + directory.resolve("rows").toUri().getRawPath(), new Properties()));
        try {
            session.execute("PRAGMA journal_mode = OFF");
            session.execute("PRAGMA synchronous = OFF");
            session.execute("PRAGMA locking_mode = EXCLUSIVE");
            session.execute("PRAGMA cache_size = -65536"); // 64 MiB
            session.execute("""
                    CREATE TABLE sorted (
                        kind INTEGER NOT NULL,
                        first TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        middle TEXT NOT NULL,
                        last TEXT NOT NULL,
                        value BLOB NOT NULL,
                        revision INTEGER NOT NULL,
                        deleted INTEGER NOT NULL,
                        PRIMARY KEY (kind, first, number, middle, last)
                    ) STRICT, WITHOUT ROWID""");
            session.run("BEGIN");
            return new SortedRows(session);
        } catch (SQLException e) {
            session.close();
            throw e;
        }
    }

    /** Adds a row, in the place of an older one with its key. */
    public void put(Row row) {
        Key key = row.key();
        run(() -> session.update(
                "INSERT INTO sorted (kind, first, number, middle, last, value, revision, deleted)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,"
                        + " revision = excluded.revision, deleted = excluded.deleted"
                        + " WHERE excluded.revision > revision",
                key.kind(),
                key.first(),
                key.number(),
                key.middle(),
                key.last(),
                row.value(),
                row.revision(),
                row.deleted() ? 1 : 0));
    }

    public void forget(int kind) {
        run(() -> session.update("DELETE FROM sorted WHERE kind = ?", kind));
    }

    /** The number of rows that are not deleted. */
    public long count(int kind) {
        return run(() -> session.number("SELECT count(*) FROM sorted WHERE kind = ? AND NOT deleted", kind));
    }

    /** A row, also a deleted one. */
    public Optional<Row> find(Key key) {
        return run(() -> session.first(
                COLUMNS + " WHERE kind = ? AND first = ? AND number = ? AND middle = ? AND last = ?",
                results -> row(key.kind(), results),
                key.kind(),
                key.first(),
                key.number(),
                key.middle(),
                key.last()));
    }

    /** The rows of a kind that are not deleted. */
    public Cursor all(int kind) {
        return cursor(kind, COLUMNS + " WHERE kind = ? AND NOT deleted" + IN_ORDER, kind);
    }

    /** The rows of a kind with this first part that are not deleted. */
    public Cursor of(int kind, String first) {
        return cursor(kind, COLUMNS + " WHERE kind = ? AND first = ? AND NOT deleted" + IN_ORDER, kind, first);
    }

    private Cursor cursor(int kind, String sql, Object... arguments) {
        Session.Cursor<Row> rows = run(() -> session.cursor(sql, results -> row(kind, results), arguments));
        return new Cursor() {
            @Override
            public Optional<Row> next() {
                return run(rows::next);
            }

            @Override
            public void close() {
                rows.close();
            }
        };
    }

    private static Row row(int kind, ResultSet results) throws SQLException {
        byte @Nullable [] value = results.getBytes(5);
        return new Row(
                new Key(kind, results.getString(1), results.getLong(2), results.getString(3), results.getString(4)),
                value == null ? new byte[0] : value,
                results.getLong(6),
                results.getBoolean(7));
    }

    @Override
    public void close() {
        session.close();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(directory);
    }

    private static <T> T run(Step<T> step) {
        try {
            return step.run();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private static StoreUnavailableException failed(Exception e) {
        return new StoreUnavailableException(
                "what was read cannot be sorted in the folder for temporary files: " + e.getMessage()
                        + ". To do: free space there, or name another with the Java property java.io.tmpdir.",
                e);
    }

    private interface Step<T> {
        T run() throws SQLException;
    }
}
