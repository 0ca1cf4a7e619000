package io.unibus.benchmarks;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is under the creation of a room: a transaction of three rows and a counter with {@code synchronous=FULL}, and
 * nothing else. One connection, as the node has.
 */
final class RawSqlite implements AutoCloseable {
    private final Connection connection;
    private final AtomicLong number = new AtomicLong();
    private final Statement statement;
    private final PreparedStatement room;
    private final PreparedStatement member;
    private final PreparedStatement mark;

    RawSqlite(Path file) throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        statement = connection.createStatement();
        for (String sql : new String[] {
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE rooms (room_id TEXT PRIMARY KEY, subject TEXT UNIQUE, owner TEXT) WITHOUT ROWID",
            "CREATE TABLE members (room_id TEXT, endpoint TEXT, PRIMARY KEY (room_id, endpoint)) WITHOUT ROWID",
            "CREATE INDEX by_endpoint ON members (endpoint, room_id)",
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID",
            "INSERT INTO meta VALUES ('last_write', 0)"
        }) {
            statement.execute(sql);
        }
        room = connection.prepareStatement("INSERT INTO rooms VALUES (?, ?, ?)");
        member = connection.prepareStatement("INSERT INTO members VALUES (?, ?)");
        mark = connection.prepareStatement("UPDATE meta SET value = ? WHERE key = 'last_write'");
    }

    synchronized void write() throws SQLException {
        long n = number.incrementAndGet();
        statement.execute("BEGIN IMMEDIATE");
        room.setString(1, "room-" + n);
        room.setString(2, "subject-" + n);
        room.setString(3, "owner");
        room.executeUpdate();
        member.setString(1, "room-" + n);
        member.setString(2, "owner");
        member.executeUpdate();
        mark.setLong(1, n);
        mark.executeUpdate();
        statement.execute("COMMIT");
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
