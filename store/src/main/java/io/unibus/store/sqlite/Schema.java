package io.unibus.store.sqlite;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The tables, as an ordered list of migrations that only grows: a file's {@code user_version} is the number of those
 * applied. Each is applied in one transaction together with the version.
 */
final class Schema {
    /** {@code UBUS} in ASCII, in the header of every unibus database. */
    static final int APPLICATION_ID = 0x55425553;

    /** At least as many of the newest changes are kept. */
    static final int CHANGES_KEPT = 10_000;
    /** So many changes are written between two removals of old ones. */
    private static final int CHANGES_BETWEEN_REMOVALS = 500;

    private static final List<String> TABLES = List.of(
            """
            CREATE TABLE meta (
                key TEXT PRIMARY KEY,
                value INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID""",
            "INSERT INTO meta (key, value) VALUES ('last_write', 0)",
            """
            CREATE TABLE users (
                endpoint TEXT PRIMARY KEY CHECK (length(endpoint) = 56),
                handle TEXT NOT NULL,
                role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
                status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
                created_at INTEGER NOT NULL, -- times are milliseconds since 1970-01-01 UTC
                updated_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX users_active_admins ON users (endpoint) WHERE role = 'admin' AND status = 'active'",
            """
            CREATE TABLE rooms (
                room_id TEXT PRIMARY KEY CHECK (length(room_id) BETWEEN 1 AND 64),
                revision INTEGER NOT NULL CHECK (revision > 0),
                subject TEXT NOT NULL UNIQUE,
                epoch INTEGER NOT NULL CHECK (epoch > 0),
                encrypted INTEGER NOT NULL CHECK (encrypted IN (0, 1)),
                owner TEXT NOT NULL,
                rekey_required INTEGER NOT NULL CHECK (rekey_required IN (0, encrypted)),
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                FOREIGN KEY (room_id, owner) REFERENCES members (room_id, endpoint) DEFERRABLE INITIALLY DEFERRED
            ) STRICT, WITHOUT ROWID""",
            """
            CREATE TABLE members (
                room_id TEXT NOT NULL REFERENCES rooms (room_id),
                endpoint TEXT NOT NULL CHECK (length(endpoint) = 56),
                role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
                joined_at INTEGER NOT NULL,
                PRIMARY KEY (room_id, endpoint)
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX members_by_endpoint ON members (endpoint, room_id)",
            """
            CREATE TABLE sealed_keys (
                room_id TEXT NOT NULL REFERENCES rooms (room_id),
                epoch INTEGER NOT NULL CHECK (epoch > 0),
                endpoint TEXT NOT NULL CHECK (length(endpoint) = 56),
                sealed_key BLOB NOT NULL CHECK (length(sealed_key) > 0),
                PRIMARY KEY (room_id, epoch, endpoint)
            ) STRICT, WITHOUT ROWID""",
            """
            CREATE TRIGGER sealed_keys_never_change BEFORE UPDATE ON sealed_keys
            BEGIN SELECT RAISE(ABORT, 'a sealed key never changes'); END""");

    /** By the names of triggers for whatever is inserted, what makes them; see {@link #CHANGES}. */
    private static final Map<String, String> INSERTIONS =
            new TreeMap<>(Map.of("users_added", """
            CREATE TRIGGER users_added AFTER INSERT ON users
            BEGIN
                INSERT INTO changes (kind, endpoint, role) VALUES ('user-added', NEW.endpoint, NEW.role);
                INSERT INTO changes (kind, endpoint) SELECT 'user-revoked', NEW.endpoint WHERE NEW.status = 'revoked';
            END""", "rooms_created", """
            CREATE TRIGGER rooms_created AFTER INSERT ON rooms
            BEGIN INSERT INTO changes (kind, room_id, epoch) VALUES ('room-created', NEW.room_id, NEW.epoch); END""", "members_added", """
            CREATE TRIGGER members_added AFTER INSERT ON members
            BEGIN
                INSERT INTO changes (kind, room_id, endpoint, role)
                    VALUES ('member-added', NEW.room_id, NEW.endpoint, NEW.role);
            END"""));

    /**
     * Changes of the other tables, whichever program makes them, in the words of {@code StoreChange.Kind}. The statements of a
     * trigger run in their order; that of several triggers would be undefined.
     */
    private static final List<String> CHANGES = List.of(
            """
            CREATE TABLE changes (
                revision INTEGER PRIMARY KEY AUTOINCREMENT,
                kind TEXT NOT NULL,
                room_id TEXT,
                endpoint TEXT,
                epoch INTEGER,
                role TEXT
            ) STRICT""", """
            CREATE TRIGGER changes_are_bounded AFTER INSERT ON changes WHEN NEW.revision %% %d = 0
            BEGIN DELETE FROM changes WHERE revision <= NEW.revision - %d; END""".formatted(CHANGES_BETWEEN_REMOVALS, CHANGES_KEPT), """
            CREATE TRIGGER users_removed AFTER DELETE ON users
            BEGIN INSERT INTO changes (kind, endpoint) VALUES ('user-removed', OLD.endpoint); END""", """
            CREATE TRIGGER users_changed AFTER UPDATE ON users WHEN NEW.endpoint = OLD.endpoint
            BEGIN
                INSERT INTO changes (kind, endpoint, role) SELECT 'user-changed', NEW.endpoint, NEW.role
                    WHERE NEW.role <> OLD.role OR NEW.handle <> OLD.handle
                        OR (NEW.status = 'active' AND OLD.status = 'revoked');
                INSERT INTO changes (kind, endpoint) SELECT 'user-revoked', NEW.endpoint
                    WHERE NEW.status = 'revoked' AND OLD.status = 'active';
            END""", """
            CREATE TRIGGER users_replaced AFTER UPDATE ON users WHEN NEW.endpoint <> OLD.endpoint
            BEGIN
                INSERT INTO changes (kind, endpoint) VALUES ('user-removed', OLD.endpoint);
                INSERT INTO changes (kind, endpoint, role) VALUES ('user-added', NEW.endpoint, NEW.role);
                INSERT INTO changes (kind, endpoint) SELECT 'user-revoked', NEW.endpoint WHERE NEW.status = 'revoked';
            END""", """
            CREATE TRIGGER rooms_deleted AFTER DELETE ON rooms
            BEGIN INSERT INTO changes (kind, room_id) VALUES ('room-deleted', OLD.room_id); END""", """
            CREATE TRIGGER rooms_changed AFTER UPDATE ON rooms WHEN NEW.room_id = OLD.room_id
            BEGIN
                INSERT INTO changes (kind, room_id, epoch) SELECT 'room-rekeyed', NEW.room_id, NEW.epoch
                    WHERE NEW.epoch <> OLD.epoch;
                INSERT INTO changes (kind, room_id) SELECT 'room-changed', NEW.room_id
                    WHERE NEW.subject <> OLD.subject OR NEW.encrypted <> OLD.encrypted;
            END""", """
            CREATE TRIGGER rooms_replaced AFTER UPDATE ON rooms WHEN NEW.room_id <> OLD.room_id
            BEGIN
                INSERT INTO changes (kind, room_id) VALUES ('room-deleted', OLD.room_id);
                INSERT INTO changes (kind, room_id, epoch) VALUES ('room-created', NEW.room_id, NEW.epoch);
            END""", """
            CREATE TRIGGER members_removed AFTER DELETE ON members
            BEGIN
                INSERT INTO changes (kind, room_id, endpoint) VALUES ('member-removed', OLD.room_id, OLD.endpoint);
            END""", """
            CREATE TRIGGER members_changed AFTER UPDATE ON members
                WHEN NEW.room_id = OLD.room_id AND NEW.endpoint = OLD.endpoint AND NEW.role <> OLD.role
            BEGIN
                INSERT INTO changes (kind, room_id, endpoint, role)
                    VALUES ('member-role-changed', NEW.room_id, NEW.endpoint, NEW.role);
            END""", """
            CREATE TRIGGER members_replaced AFTER UPDATE ON members
                WHEN NEW.room_id <> OLD.room_id OR NEW.endpoint <> OLD.endpoint
            BEGIN
                INSERT INTO changes (kind, room_id, endpoint) VALUES ('member-removed', OLD.room_id, OLD.endpoint);
                INSERT INTO changes (kind, room_id, endpoint, role)
                    VALUES ('member-added', NEW.room_id, NEW.endpoint, NEW.role);
            END""");

    private static final List<List<String>> MIGRATIONS = List.of(
            TABLES,
            Stream.concat(CHANGES.stream(), INSERTIONS.values().stream()).toList());

    private Schema() {}

    static int newestVersion() {
        return MIGRATIONS.size();
    }

    /**
     * Refuses a database that is another program's or newer than this program, before anything is written to it.
     *
     * @throws io.unibus.store.StoreUnusableException with what it is instead
     */
    static void requireOurs(Session session, SqliteErrors errors) throws SQLException {
        // In one transaction: between these reads another process may give a new file its tables.
        session.run("BEGIN");
        long applicationId = session.number("PRAGMA application_id");
        long version = session.number("PRAGMA user_version");
        boolean fresh = applicationId == 0 && version == 0 && !session.exists("SELECT 1 FROM sqlite_schema LIMIT 1");
        session.run("COMMIT");
        if (!fresh && applicationId != APPLICATION_ID) {
            throw errors.unusable(
                    "it is the database of another program (application id " + applicationId + ", not " + APPLICATION_ID
                            + ")",
                    "name another file; this one was not changed.",
                    null);
        }
        if (version > newestVersion()) {
            throw errors.unusable(
                    "its schema has version " + version + ", newer than the " + newestVersion()
                            + " that this unibus knows",
                    "start it with a newer unibus, or restore a backup made by this one; the file was not changed.",
                    null);
        }
    }

    /** Refuses everything but a store of this very version. */
    static void requireCurrent(Session session, SqliteErrors errors) throws SQLException {
        requireOurs(session, errors);
        if (!isCurrent(session)) {
            boolean empty = session.number("PRAGMA user_version") == 0;
            throw errors.unusable(
                    empty ? "it holds no store" : "its schema is older than this unibus writes",
                    empty ? "name the file of a node." : "start the node with this unibus once.",
                    null);
        }
    }

    static boolean isCurrent(Session session) throws SQLException {
        return session.number("PRAGMA user_version") == newestVersion();
    }

    /** Brings the tables to {@link #newestVersion}; another process may do the same at the same time. */
    static void migrate(Session session) throws SQLException {
        while (!isCurrent(session)) {
            session.run("BEGIN IMMEDIATE");
            try {
                migrateOnce(session);
                session.run("COMMIT");
            } catch (SQLException e) {
                session.run("ROLLBACK");
                throw e;
            }
        }
    }

    /** Lets nothing that is inserted be noted as a change, until the end of this transaction or {@link #resumeChanges}. */
    static void suspendChanges(Session session) throws SQLException {
        for (String trigger : INSERTIONS.keySet()) {
            session.execute("DROP TRIGGER " + trigger);
        }
    }

    /**
     * Lets changes be noted again.
     *
     * @param unnoted how many were not; they have revisions all the same, so that it shows that they are missing
     */
    static void resumeChanges(Session session, long unnoted) throws SQLException {
        for (String statement : INSERTIONS.values()) {
            session.execute(statement);
        }
        if (session.update("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'changes'", unnoted) == 0) {
            session.update("INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?)", unnoted);
        }
    }

    private static void migrateOnce(Session session) throws SQLException {
        int version = (int) session.number("PRAGMA user_version");
        if (version == newestVersion()) {
            return; // another process was faster
        }
        for (String statement : MIGRATIONS.get(version)) {
            session.execute(statement);
        }
        session.execute("PRAGMA application_id = " + APPLICATION_ID);
        session.execute("PRAGMA user_version = " + (version + 1));
    }
}
