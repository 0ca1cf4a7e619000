package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.StoreFixtures;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.ControlPlanes;
import io.unibus.store.snapshot.Integrity;
import io.unibus.store.snapshot.Manifest;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.SqliteBackup;
import io.unibus.store.sqlite.SqliteCut;
import io.unibus.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Migrations into buckets in memory, of sources that change after a run that ended early. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KvMigrationTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final List<Endpoint> PEERS = ControlPlanes.peers();
    private static final List<RoomId> ROOMS = ControlPlanes.rooms();
    private static final RoomId TEAM = new RoomId("team");
    private static final Instant LATER = StoreFixtures.NOW.plusSeconds(500);
    private static final String MIGRATION = "a migration";

    @TempDir
    private Path directory;

    private final InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
    private int files;

    @Test
    void whateverRunsEndedAnywhereTheNextMakesBothSidesEqual() {
        Random random = seeded("runs that ended anywhere");
        for (int round = 0; round < 12; round++) {
            InMemoryBuckets cluster = InMemoryBuckets.toldAtOnce();
            Path source = random(random, 150);
            Path older = copyWith(source, store -> {});
            try (InMemoryStores stores = new InMemoryStores(cluster)) {
                JetStreamStore running = stores.open();
                for (int runs = 0; runs < 8; runs++) {
                    FaultyWrites writes = new FaultyWrites(cluster.client());
                    writes.plan(random.nextInt(200), anyFault(random));
                    if (random.nextInt(4) == 0) {
                        tryToMigrate(cluster, older, writes); // unless it lacks what it had later
                        older = copyWith(source, store -> {});
                    } else {
                        assertThat(tryToMigrate(cluster, source, writes)).isTrue();
                    }
                    assertAnswers(running);
                    if (random.nextInt(3) == 0) {
                        running.repair().run();
                    }
                    change(source, random);
                }
                assertThat(migrate(cluster, source, cluster.client()).isConflict())
                        .isFalse();
                assertThat(manifest(cluster)).isEqualTo(manifest(source));
                assertThat(migrate(cluster, source, cluster.client()).isEqual()).isTrue();
                assertSameAs(source, running);
                assertSameAs(source, stores.open());
                stores.goOn(running, random, ROOMS, PEERS);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"DIE_BEFORE", "DIE_AFTER", "REFUSE", "LOSE", "HIDE"})
    void anUpdateThatEndsAnywhereShowsEachRoomAsItWasOrIs(FaultyWrites.Fault fault) {
        Path before = representative();
        Path after = copyWith(before, KvMigrationTest::goOn);
        for (int nth = 0; ; nth++) {
            InMemoryBuckets cluster = InMemoryBuckets.toldAtOnce();
            migrate(cluster, before, cluster.client());
            FaultyWrites writes = new FaultyWrites(cluster.client());
            writes.plan(nth, fault);
            tryToMigrate(cluster, after, writes);
            if (!writes.isOver()) {
                assertThat(nth).isGreaterThan(6);
                return;
            }
            try (InMemoryStores stores = new InMemoryStores(cluster);
                    SqliteStore was = SqliteStore.open(before, PATIENT);
                    SqliteStore is = SqliteStore.open(after, PATIENT)) {
                JetStreamStore store = stores.open();
                for (RoomId room : List.of(TEAM, new RoomId("lobby"))) {
                    assertThat(content(store, room)).isIn(content(was, room), content(is, room));
                }
            }
            migrate(cluster, after, cluster.client());
            assertThat(manifest(cluster)).as("%s", nth).isEqualTo(manifest(after));
        }
    }

    @Test
    void anUpdatedRoomIsProjectedByNodesAsAnyOther() {
        Path before = representative();
        migrate(buckets, before, buckets.client());
        Path after = copyWith(before, KvMigrationTest::goOn);
        Comparison comparison = migrate(buckets, after, buckets.client());
        assertThat(comparison.isConflict()).isFalse();
        assertThat(comparison.stale()).isPositive();
        try (InMemoryStores stores = new InMemoryStores(buckets)) {
            JetStreamStore store = stores.open();
            store.repair().run();
            assertThat(manifest(buckets)).isEqualTo(manifest(after));
            RoomRecord record = RoomRecord.fromJson(value(Bucket.ROOMS, Keys.room(TEAM)), 1, UnaryOperator.identity());
            assertThat(record.version()).isEqualTo(2);
            Projections.assertRight(
                    buckets,
                    List.of(
                            store.findRoom(TEAM).orElseThrow(),
                            store.findRoom(new RoomId("lobby")).orElseThrow()),
                    "after the update");
            RoomState room = store.findRoom(TEAM).orElseThrow();
            room = store.commit(invitation(room, endpoint(7), MemberRole.MEMBER, LATER))
                    .orElseThrow();
            assertThat(store.commit(rekey(room, "after", List.of(endpoint(6)), LATER)))
                    .isPresent();
        }
    }

    @Test
    void updateThatBringsThousandsOfMembersIsReadByEveryNode() throws SQLException {
        Path before = representative();
        migrate(buckets, before, buckets.client());
        Path after = withMembers(before, 5_000);
        assertThat(migrate(buckets, after, buckets.client()).isConflict()).isFalse();
        try (InMemoryStores stores = new InMemoryStores(buckets);
                SqliteStore source = SqliteStore.open(after, PATIENT)) {
            JetStreamStore store = stores.open();
            RoomId lobby = new RoomId("lobby");
            RoomState room = store.findRoom(lobby).orElseThrow();
            assertThat(room.members()).hasSizeGreaterThan(5_000);
            assertThat(content(store, lobby)).isEqualTo(content(source, lobby));
            PEERS.forEach(peer -> assertThat(store.roomsOf(peer)).isEqualTo(source.roomsOf(peer)));
            assertThat(store.commit(invitation(room, endpoint(7_000_000), MemberRole.MEMBER, LATER)))
                    .isPresent();
        }
        assertThat(manifest(buckets)).isNotEqualTo(manifest(before));
    }

    @Test
    void roomThatNoRecordHoldsIsNamedBeforeAnythingIsWritten() throws SQLException {
        Path source = withMembers(representative(), RoomRecord.MOST_MEMBERS);
        assertThatThrownBy(() -> migrate(buckets, source, buckets.client()))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining("room lobby has more than 17000 members")
                .hasMessageContaining("Nothing was written");
        for (Bucket bucket : Bucket.values()) {
            assertThat(buckets.records(bucket)).isEmpty();
        }
    }

    /** A copy of a database with more members in its room without encryption. */
    private Path withMembers(Path database, int number) throws SQLException {
        Path copy = copyWith(database, store -> {});
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy);
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO members (room_id, endpoint, role, joined_at) VALUES ('lobby', ?, 'member', ?)")) {
            connection.setAutoCommit(false);
            for (int i = 0; i < number; i++) {
                insert.setString(1, endpoint(1_000_000 + i).nkey());
                insert.setLong(2, LATER.toEpochMilli());
                insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
        }
        return copy;
    }

    @Test
    void whatANodeChangedSinceIsAConflictAndStays() {
        Path before = representative();
        migrate(buckets, before, buckets.client());
        try (InMemoryStores stores = new InMemoryStores(buckets)) {
            JetStreamStore store = stores.open();
            RoomState room = store.findRoom(TEAM).orElseThrow();
            assertThat(store.commit(invitation(room, endpoint(7), MemberRole.MEMBER, LATER)))
                    .isPresent();
            done(store.revokeUser(endpoint(2), LATER.plusSeconds(1)));
            done(store.addUser(member(endpoint(70))));
        }
        Manifest found = manifest(buckets);
        Comparison comparison = migrate(buckets, copyWith(before, KvMigrationTest::goOn), buckets.client());
        assertThat(comparison.isConflict()).isTrue();
        assertThat(comparison.conflicts())
                .contains(
                        "different in the target: user " + endpoint(2),
                        "only in the target: user " + endpoint(70),
                        "different in the target: room team",
                        "only in the target: member " + endpoint(7) + " of room team");
        assertThat(comparison.conflicts()).noneMatch(name -> name.contains("lobby"));
        assertThat(manifest(buckets)).isEqualTo(found);
    }

    @Test
    void whatAnotherMigrationOrAnImportWroteIsAConflict() {
        Path before = representative();
        try (SqliteCut source = open(before);
                KvTarget target = InMemoryFollowing.target(buckets, buckets.client())) {
            target.importFrom(source, Progress.NONE);
        }
        Path after = copyWith(before, KvMigrationTest::goOn);
        assertThat(migrate(buckets, after, buckets.client()).isConflict()).isTrue();
        assertThat(manifest(buckets)).isEqualTo(manifest(before));
    }

    private byte[] value(Bucket bucket, String key) {
        return Optional.ofNullable(buckets.records(bucket).get(key))
                .orElseThrow()
                .value();
    }

    /** A rekey, one who leaves with it, one who comes after it, and a revocation. */
    private static void goOn(Store store) {
        RoomState room = store.findRoom(TEAM).orElseThrow();
        room = store.commit(rekey(room, "on", List.of(endpoint(2)), LATER)).orElseThrow();
        assertThat(store.commit(invitation(room, endpoint(6), MemberRole.MEMBER, LATER)))
                .isPresent();
        done(store.revokeUser(endpoint(2), LATER));
        done(store.addUser(member(endpoint(6))));
    }

    private static FaultyWrites.Fault anyFault(Random random) {
        FaultyWrites.Fault[] faults = {
            FaultyWrites.Fault.DIE_BEFORE,
            FaultyWrites.Fault.DIE_AFTER,
            FaultyWrites.Fault.REFUSE,
            FaultyWrites.Fault.LOSE,
            FaultyWrites.Fault.HIDE
        };
        return faults[random.nextInt(faults.length)];
    }

    /** Returns whether there was no conflict. */
    private static boolean tryToMigrate(InMemoryBuckets cluster, Path source, FaultyWrites writes) {
        try {
            return !migrate(cluster, source, writes).isConflict();
        } catch (FaultyWrites.Died | StoreException e) {
            return true; // that is what was planned
        }
    }

    /** What a run of the migration does. */
    private static Comparison migrate(InMemoryBuckets cluster, Path database, Writes writes) {
        try (SqliteCut source = open(database);
                KvTarget target = InMemoryFollowing.target(cluster, writes);
                KvCut found = target.cut()) {
            Comparison comparison =
                    Comparison.replacing(source, found, Progress.NONE, record -> found.isMadeBy(MIGRATION, record));
            if (!comparison.isConflict()) {
                target.write(source, found, MIGRATION, Progress.NONE);
            }
            return comparison;
        }
    }

    /** Nobody waits in vain for what a dead run did not write. */
    private static void assertAnswers(Store store) {
        store.users();
        ROOMS.forEach(store::findRoom);
        PEERS.forEach(store::roomsOf);
    }

    private static void assertSameAs(Path database, Store store) {
        try (SqliteStore source = SqliteStore.open(database, PATIENT)) {
            assertThat(store.users()).isEqualTo(source.users());
            ROOMS.forEach(room -> assertThat(content(store, room)).isEqualTo(content(source, room)));
            PEERS.forEach(peer -> assertThat(store.roomsOf(peer)).isEqualTo(source.roomsOf(peer)));
        }
    }

    /** All that a store says of a room. */
    private static Map<String, Object> content(Store store, RoomId id) {
        Map<String, Object> content = new TreeMap<>();
        store.findRoom(id).ifPresent(state -> {
            content.put("room", state.room());
            content.put("members", state.members());
            for (long epoch = 1; epoch <= state.room().epoch().number(); epoch++) {
                for (Endpoint peer : PEERS) {
                    content.put(epoch + " " + peer, store.findKey(id, new Epoch(epoch), peer));
                }
            }
        });
        return content;
    }

    private Path random(Random random, int operations) {
        return filled(store -> ControlPlanes.fillAtRandom(store, random, operations));
    }

    private Path representative() {
        return filled(ControlPlanes::fillRepresentative);
    }

    private Path filled(Consumer<Store> filling) {
        Path database = directory.resolve("database-" + files++);
        try (SqliteStore store = SqliteStore.open(database, PATIENT)) {
            filling.accept(store);
        }
        return database;
    }

    private static void change(Path database, Random random) {
        try (SqliteStore store = SqliteStore.open(database, PATIENT)) {
            ControlPlanes.fillAtRandom(store, random, random.nextInt(40));
        }
    }

    private Path copyWith(Path database, Consumer<Store> change) {
        Path copy = SqliteBackup.take(database, Instant.ofEpochSecond(files++), PATIENT);
        try (SqliteStore store = SqliteStore.open(copy, PATIENT)) {
            change.accept(store);
        }
        return copy;
    }

    private static SqliteCut open(Path database) {
        return SqliteCut.open(database, PATIENT);
    }

    private static Manifest manifest(Path database) {
        try (SqliteCut cut = open(database)) {
            return manifest(cut);
        }
    }

    private static Manifest manifest(InMemoryBuckets cluster) {
        try (KvTarget target = InMemoryFollowing.target(cluster, cluster.client());
                KvCut cut = target.cut()) {
            return manifest(cut);
        }
    }

    private static Manifest manifest(SnapshotSource source) {
        Integrity.require(source);
        return Manifest.of(source, Progress.NONE, Progress.Step.VERIFY);
    }

    private static Random seeded(String what) {
        long seed = System.nanoTime();
        System.out.println("KvMigrationTest: " + what + " with seed " + seed);
        return new Random(seed);
    }
}
