package io.unibus.store.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sqlite.SQLiteConnection;

/** One connection and its prepared statements. Used by one thread at a time, except {@link #interrupt}. */
final class Session {
    /** No version is negative. */
    private static final long NO_VERSION = -1;

    private final SQLiteConnection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private boolean changed;
    private long dataVersion = NO_VERSION;

    Session(SQLiteConnection connection) {
        this.connection = connection;
    }

    /** Runs SQL that is not worth keeping prepared. */
    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Runs a transaction statement; those are so frequent that they are kept prepared. */
    void run(String sql) throws SQLException {
        keepingSound(sql, () -> prepared(sql).execute());
    }

    int update(String sql, Object... arguments) throws SQLException {
        int rows = keepingSound(sql, () -> bound(sql, arguments).executeUpdate());
        changed |= rows > 0;
        return rows;
    }

    <T> List<T> list(String sql, Row<T> row, Object... arguments) throws SQLException {
        return keepingSound(sql, () -> {
            List<T> list = new ArrayList<>();
            try (ResultSet results = bound(sql, arguments).executeQuery()) {
                while (results.next()) {
                    list.add(row.read(results));
                }
            }
            return list;
        });
    }

    <T> Optional<T> first(String sql, Row<T> row, Object... arguments) throws SQLException {
        return keepingSound(sql, () -> {
            try (ResultSet results = bound(sql, arguments).executeQuery()) {
                return results.next() ? Optional.of(row.read(results)) : Optional.empty();
            }
        });
    }

    /** The rows one by one; to be closed before the session. */
    <T> Cursor<T> cursor(String sql, Row<T> row, Object... arguments) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            bind(statement, arguments);
            return new Cursor<>(statement, statement.executeQuery(), row);
        } catch (SQLException e) {
            closeQuietly(statement);
            throw e;
        }
    }

    boolean exists(String sql, Object... arguments) throws SQLException {
        return first(sql, results -> true, arguments).isPresent();
    }

    /** A query that always has one row with one number. */
    long number(String sql, Object... arguments) throws SQLException {
        return first(sql, results -> results.getLong(1), arguments).orElse(0L);
    }

    /** Whether {@link #update} changed a row since {@link #forgetChanges}. */
    boolean hasChanges() {
        return changed;
    }

    void forgetChanges() {
        changed = false;
    }

    /** Returns whether another connection committed since the last call; true in the first call, which has nothing to compare. */
    boolean hasForeignCommits() throws SQLException {
        // Commits of this connection do not change it: https://www.sqlite.org/pragma.html#pragma_data_version
        long version = Integer.toUnsignedLong((int) number("PRAGMA data_version"));
        boolean differs = version != dataVersion;
        dataVersion = version;
        return differs;
    }

    /** How long SQLite waits for a lock that another connection holds. */
    void waitForLocksAtMost(Duration wait) throws SQLException {
        connection.setBusyTimeout((int) Math.min(Integer.MAX_VALUE, Math.max(1, wait.toMillis())));
    }

    /** Ends the statement that is running, from any thread. */
    void interrupt() {
        try {
            connection.getDatabase().interrupt();
        } catch (SQLException e) {
            // Only says that the connection is closed, and then nothing is running.
        }
    }

    /** Rolls back what is open and releases the connection. Never throws: there is nothing left to do about it. */
    void close() {
        for (PreparedStatement statement : statements.values()) {
            closeQuietly(statement);
        }
        statements.clear();
        closeQuietly(connection);
    }

    private PreparedStatement bound(String sql, Object... arguments) throws SQLException {
        PreparedStatement statement = prepared(sql);
        bind(statement, arguments);
        return statement;
    }

    private static void bind(PreparedStatement statement, Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
    }

    private PreparedStatement prepared(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    /** Keeps no prepared statement that failed: the driver finalizes it, and it could never be executed again. */
    private <T> T keepingSound(String sql, Execution<T> execution) throws SQLException {
        try {
            return execution.run();
        } catch (SQLException e) {
            PreparedStatement failed = statements.remove(sql);
            if (failed != null) {
                closeQuietly(failed);
            }
            throw e;
        }
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // A connection that failed also fails to close; its file is sound without that.
        }
    }

    /** A query that is read as it runs. */
    static final class Cursor<T> {
        private final PreparedStatement statement;
        private final ResultSet results;
        private final Row<T> row;

        private Cursor(PreparedStatement statement, ResultSet results, Row<T> row) {
            this.statement = statement;
            this.results = results;
            this.row = row;
        }

        Optional<T> next() throws SQLException {
            return results.next() ? Optional.of(row.read(results)) : Optional.empty();
        }

        void close() {
            closeQuietly(statement);
        }
    }

    private interface Execution<T> {
        T run() throws SQLException;
    }

    /** Reads the current row of a result. */
    interface Row<T> {
        T read(ResultSet results) throws SQLException;
    }
}
