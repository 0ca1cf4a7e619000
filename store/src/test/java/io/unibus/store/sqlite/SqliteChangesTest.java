package io.unibus.store.sqlite;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeRecorder;
import io.unibus.store.ChangeSource;
import io.unibus.store.RoomState;
import io.unibus.store.StoreChange;
import io.unibus.store.snapshot.Progress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What listeners are told of changes that were made past this program, and how many are kept for those who come later. */
@Timeout(60)
final class SqliteChangesTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final RoomId ROOM = new RoomId("room-1");

    @TempDir
    private Path directory;

    private final ChangeRecorder recorder = new ChangeRecorder();
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("unibus.db");
    }

    @Test
    void changesOfUsersByHandAreTold() throws SQLException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            done(store.addUser(admin(endpoint(1))));
            done(store.addUser(member(endpoint(2))));
            done(store.addUser(member(endpoint(3))));
            done(store.revokeUser(endpoint(3), NOW));
            store.addChangeListener(recorder, ChangePosition.NONE);
            sql(
                    "UPDATE users SET role = 'admin' WHERE endpoint = '" + endpoint(2) + "'",
                    "UPDATE users SET handle = 'other' WHERE endpoint = '" + endpoint(1) + "'",
                    "UPDATE users SET updated_at = updated_at + 1",
                    "UPDATE users SET status = 'active' WHERE endpoint = '" + endpoint(3) + "'",
                    "UPDATE users SET status = 'revoked', role = 'admin' WHERE endpoint = '" + endpoint(3) + "'",
                    "DELETE FROM users WHERE endpoint = '" + endpoint(3) + "'",
                    "UPDATE users SET endpoint = '" + endpoint(4) + "' WHERE endpoint = '" + endpoint(2) + "'",
                    "INSERT INTO users VALUES ('" + endpoint(5) + "', 'five', 'member', 'revoked', 0, 0)");
            recorder.awaitUsers(
                    "user-changed 2 admin",
                    "user-changed 1 admin",
                    "user-changed 3 member",
                    "user-changed 3 admin",
                    "user-revoked 3",
                    "user-removed 3",
                    "user-removed 2",
                    "user-added 4 admin",
                    "user-added 5 member",
                    "user-revoked 5");
        }
    }

    @Test
    void changesOfRoomsByHandAreTold() throws SQLException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            RoomState state = done(store.createRoom(encryptedRoom(ROOM, endpoint(1))));
            assertThat(store.commit(invitation(state, endpoint(2), MemberRole.MEMBER, NOW)))
                    .isPresent();
            store.addChangeListener(recorder, ChangePosition.NONE);
            sql(
                    "UPDATE members SET role = 'owner' WHERE endpoint = '" + endpoint(2) + "'",
                    "UPDATE members SET joined_at = joined_at + 1",
                    "UPDATE members SET endpoint = '" + endpoint(3) + "' WHERE endpoint = '" + endpoint(2) + "'",
                    "UPDATE rooms SET subject = 'other', epoch = 7",
                    "UPDATE rooms SET updated_at = updated_at + 1, revision = revision + 1",
                    "DELETE FROM members WHERE endpoint = '" + endpoint(3) + "'",
                    "UPDATE rooms SET room_id = 'room-2'",
                    "DELETE FROM members",
                    "DELETE FROM rooms");
            recorder.awaitRooms(
                    "member-role-changed room-1 2 owner",
                    "member-removed room-1 2",
                    "member-added room-1 3 owner",
                    "room-rekeyed room-1 7",
                    "room-changed room-1",
                    "member-removed room-1 3",
                    "room-deleted room-1",
                    "room-created room-2 7",
                    "member-removed room-1 1",
                    "room-deleted room-2");
        }
    }

    @Test
    void rowThatNobodyCanReadIsSkipped() throws SQLException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addChangeListener(recorder, ChangePosition.NONE);
            sql("INSERT INTO users VALUES ('" + "x".repeat(56) + "', 'five', 'member', 'active', 0, 0)");
            done(store.addUser(member(endpoint(1))));
            recorder.awaitUsers("user-added 1 member");
            assertThat(recorder.changes()).extracting(StoreChange::revision).containsExactly(2L);
        }
    }

    @Test
    void whatIsRolledBackIsNotToldAndLeavesNoGap() throws SQLException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addChangeListener(recorder, ChangePosition.NONE);
            recorder.forget();
            sql(
                    "BEGIN",
                    "INSERT INTO users VALUES ('" + endpoint(1) + "', 'one', 'member', 'active', 0, 0)",
                    "ROLLBACK");
            done(store.addUser(member(endpoint(2))));
            recorder.awaitUsers("user-added 2 member");
            assertThat(recorder.starts()).isEmpty();
        }
    }

    @Test
    void onlyTheNewestChangesAreKeptAndTheListenerLearnsOfTheGap() throws SQLException {
        int more = 2_345;
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            done(store.addUser(member(endpoint(1))));
            sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                    + (Schema.CHANGES_KEPT + more) + ") INSERT INTO users SELECT substr('" + endpoint(2)
                    + "', 1, 51) || printf('%05d', i), 'many', 'member', 'active', 0, 0 FROM n");
            long kept = number("SELECT count(*) FROM changes");
            assertThat(kept).isBetween((long) Schema.CHANGES_KEPT, Schema.CHANGES_KEPT + 500L);

            ChangeRecorder recorder = new ChangeRecorder(ChangePosition.NONE.with(ChangeSource.CHANGES, 1));
            store.addChangeListener(recorder, recorder.position());
            done(store.addUser(member(endpoint(3))));
            long newest = 1L + Schema.CHANGES_KEPT + more + 1;
            recorder.await(() -> recorder.position().in(ChangeSource.CHANGES).getAsLong() == newest);
            assertThat(recorder.starts()).containsEntry(ChangeSource.CHANGES, newest - 1 - kept);
        }
    }

    @Test
    void importIntoAnEmptyStoreIsAGapAndIntoAnotherIsTold() throws SQLException {
        Path source = directory.resolve("source.db");
        try (SqliteStore store = SqliteStore.open(source, PATIENT)) {
            done(store.addUser(admin(endpoint(1))));
            done(store.createRoom(encryptedRoom(ROOM, endpoint(1))));
        }
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addChangeListener(recorder, ChangePosition.NONE);
            recorder.forget();
            importFrom(source);
            recorder.awaitStart(ChangeSource.CHANGES);
            assertThat(recorder.starts()).isEqualTo(Map.of(ChangeSource.CHANGES, 4L));
            recorder.forget();
            try (SqliteStore more = SqliteStore.open(source, PATIENT)) {
                done(more.addUser(member(endpoint(2))));
            }
            importFrom(source);
            recorder.awaitUsers("user-added 2 member");
            assertThat(recorder.starts()).isEmpty();
        }
    }

    @Test
    void changesThatWereRemovedByHandAreAGap() throws SQLException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            done(store.addUser(admin(endpoint(1))));
            done(store.addUser(member(endpoint(2))));
            sql("DELETE FROM changes");
            ChangeRecorder recorder = new ChangeRecorder(ChangePosition.NONE.with(ChangeSource.CHANGES, 1));
            store.addChangeListener(recorder, recorder.position());
            recorder.awaitStart(ChangeSource.CHANGES);
            assertThat(recorder.starts()).isEqualTo(Map.of(ChangeSource.CHANGES, 2L));
        }
    }

    @Test
    void storeOfTheFirstSchemaIsSilentAboutWhatItHolds() throws SQLException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            done(store.addUser(admin(endpoint(1))));
        }
        takeBackToTheFirstSchema();
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            assertThat(store.users()).containsExactly(admin(endpoint(1)));
            store.addChangeListener(recorder, ChangePosition.NONE);
            done(store.addUser(member(endpoint(2))));
            recorder.awaitUsers("user-added 2 member");
        }
    }

    @Test
    void changesBeforeTheEndOfAStoreAreTold() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addChangeListener(recorder, ChangePosition.NONE);
            done(store.addUser(member(endpoint(1))));
        }
        assertThat(recorder.changes()).hasSize(1);
    }

    private void importFrom(Path source) {
        try (SqliteTarget target = SqliteTarget.open(file, PATIENT);
                SqliteCut cut = SqliteCut.open(source, PATIENT)) {
            assertThat(target.importFrom(cut, Progress.NONE).isConflict()).isFalse();
        }
    }

    private void takeBackToTheFirstSchema() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            List<String> names = new ArrayList<>();
            try (ResultSet results = statement.executeQuery(
                    "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name <> 'sealed_keys_never_change'")) {
                while (results.next()) {
                    names.add(results.getString(1));
                }
            }
            for (String name : names) {
                statement.execute("DROP TRIGGER " + name);
            }
            statement.execute("DROP TABLE changes");
            statement.execute("PRAGMA user_version = 1");
        }
    }

    private void sql(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            return statement.executeQuery(sql).getLong(1);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }
}
