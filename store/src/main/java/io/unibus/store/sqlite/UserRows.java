package io.unibus.store.sqlite;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.protocol.UserStatus;
import io.unibus.store.Outcome;
import io.unibus.store.Rejection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The SQL of the table {@code users}. */
final class UserRows {
    private static final String COLUMNS = "SELECT endpoint, handle, role, status, created_at, updated_at FROM users";
    static final String ALL = COLUMNS + " ORDER BY endpoint";

    private static final String ACTIVE_ADMINS = "FROM users WHERE role = 'admin' AND status = 'active'";

    private UserRows() {}

    static Optional<User> find(Session session, Endpoint endpoint) throws SQLException {
        return session.first(COLUMNS + " WHERE endpoint = ?", UserRows::user, endpoint.nkey());
    }

    static List<User> all(Session session) throws SQLException {
        return session.list(ALL, UserRows::user);
    }

    static boolean hasAdmin(Session session) throws SQLException {
        return session.exists("SELECT 1 " + ACTIVE_ADMINS + " LIMIT 1");
    }

    static Outcome<User> add(Session session, User user) throws SQLException {
        if (insert(session, user) == 0) {
            return Outcome.refused(new Rejection.UserExists(user.endpoint()));
        }
        return Outcome.done(find(session, user.endpoint()).orElseThrow());
    }

    /** Leaves a row that is there as it is, and then returns 0. */
    static int insert(Session session, User user) throws SQLException {
        return session.update(
                "INSERT INTO users (endpoint, handle, role, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (endpoint) DO NOTHING",
                user.endpoint().nkey(),
                user.handle().value(),
                user.role().toString(),
                user.status().toString(),
                user.createdAt().toEpochMilli(),
                user.updatedAt().toEpochMilli());
    }

    static Outcome<User> revoke(Session session, Endpoint endpoint, Instant at) throws SQLException {
        Optional<User> found = find(session, endpoint);
        if (found.isEmpty()) {
            return Outcome.refused(new Rejection.UserNotFound(endpoint));
        }
        User user = found.get();
        if (!user.isActive()) {
            return Outcome.done(user);
        }
        if (user.isActiveAdmin() && session.number("SELECT count(*) " + ACTIVE_ADMINS) == 1) {
            return Outcome.refused(new Rejection.LastAdmin(endpoint));
        }
        User revoked = user.revoked(at);
        session.update(
                "UPDATE users SET status = ?, updated_at = ? WHERE endpoint = ?",
                revoked.status().toString(),
                revoked.updatedAt().toEpochMilli(),
                endpoint.nkey());
        return Outcome.done(find(session, endpoint).orElseThrow());
    }

    static User user(ResultSet row) throws SQLException {
        return new User(
                new Endpoint(row.getString(1)),
                new Handle(row.getString(2)),
                UserRole.parse(row.getString(3)),
                UserStatus.parse(row.getString(4)),
                Instant.ofEpochMilli(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(6)));
    }
}
