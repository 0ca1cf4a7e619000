package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.StoreFixtures;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.snapshot.Comparison;
import io.unibus.store.snapshot.ControlPlanes;
import io.unibus.store.snapshot.Integrity;
import io.unibus.store.snapshot.Manifest;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotFile;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.SqliteCut;
import io.unibus.store.sqlite.SqliteStore;
import io.unibus.store.sqlite.SqliteTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots of the buckets and into them, with buckets in memory. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KvSnapshotTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final List<Endpoint> PEERS = ControlPlanes.peers();
    private static final List<RoomId> ROOMS = ControlPlanes.rooms();

    @TempDir
    private Path directory;

    private int files;

    @Test
    void everyPairOfStoresGivesTheSameBytes() throws IOException {
        Random random = seeded("every pair of stores");
        for (int round = 0; round < 15; round++) {
            int operations = random.nextInt(250);
            long seed = random.nextLong();
            Path sqlite = database();
            try (SqliteStore store = SqliteStore.open(sqlite, PATIENT)) {
                ControlPlanes.fillAtRandom(store, new Random(seed), operations);
            }
            Path fromSqlite = exported(sqlite);
            InMemoryBuckets copy = InMemoryBuckets.toldAtOnce();
            assertThat(imported(copy, fromSqlite).isConflict()).isFalse();
            Path fromCopy = exported(copy);
            assertThat(fromCopy).hasSameBinaryContentAs(fromSqlite);
            InMemoryBuckets copyOfCopy = InMemoryBuckets.toldAtOnce();
            imported(copyOfCopy, fromCopy);
            assertThat(exported(copyOfCopy)).hasSameBinaryContentAs(fromSqlite);
            Path back = database();
            try (SnapshotFile source = open(fromCopy);
                    SqliteTarget target = SqliteTarget.open(back, PATIENT)) {
                target.importFrom(source, Progress.NONE);
            }
            assertThat(exported(back)).hasSameBinaryContentAs(fromSqlite);
            assertThat(imported(copy, fromSqlite).isEqual()).isTrue();
        }
    }

    @Test
    void projectedOrNotMakesNoDifference() throws IOException {
        Random random = seeded("projected or not");
        for (int round = 0; round < 15; round++) {
            int operations = random.nextInt(250);
            long seed = random.nextLong();
            InMemoryBuckets projected = InMemoryBuckets.toldAtOnce();
            InMemoryBuckets unprojected = InMemoryBuckets.toldAtOnce();
            Path sqlite = database();
            try (InMemoryStores stores = new InMemoryStores(projected);
                    InMemoryStores others = new InMemoryStores(unprojected);
                    SqliteStore third = SqliteStore.open(sqlite, PATIENT)) {
                InMemoryBuckets.Client client = projected.client();
                for (Store store : List.of(stores.open(client, client), others.openNeverProjecting(), third)) {
                    ControlPlanes.fillAtRandom(store, new Random(seed), operations);
                }
            }
            Path one = exported(projected);
            assertThat(exported(unprojected)).hasSameBinaryContentAs(one);
            assertThat(exported(sqlite)).hasSameBinaryContentAs(one);
        }
    }

    @Test
    void nodesGoOnWithWhatWasImported() throws IOException {
        Random random = seeded("nodes go on");
        for (int round = 0; round < 10; round++) {
            Path sqlite = database();
            InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
            try (SqliteStore source = SqliteStore.open(sqlite, PATIENT);
                    InMemoryStores stores = new InMemoryStores(buckets)) {
                ControlPlanes.fillAtRandom(source, random, 150);
                JetStreamStore running = stores.open();
                imported(buckets, exported(sqlite));
                for (Store store : List.of(running, stores.open())) {
                    assertThat(store.users()).isEqualTo(source.users());
                    ROOMS.forEach(room -> assertSameRoom(store, source, room));
                }
                stores.goOn(running, random, ROOMS, PEERS);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"DIE_BEFORE", "DIE_AFTER", "REFUSE", "LOSE", "HIDE"})
    void anImportThatEndsAnywhereShowsWholeRoomsAndIsCompletedByTheNext(FaultyWrites.Fault fault) throws IOException {
        Path sqlite = database();
        try (SqliteStore source = SqliteStore.open(sqlite, PATIENT)) {
            ControlPlanes.fillRepresentative(source);
            Path snapshot = exported(sqlite);
            for (int nth = 0; ; nth++) {
                InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
                if (!endsAt(buckets, nth, fault, snapshot)) {
                    assertThat(nth).isGreaterThan(20);
                    return;
                }
                assertWholeRooms(buckets, source);
                imported(buckets, snapshot);
                assertThat(exported(buckets)).as("%s", nth).hasSameBinaryContentAs(snapshot);
                Map<Bucket, Map<String, Entry>> done = records(buckets);
                assertThat(imported(buckets, snapshot).isEqual()).isTrue();
                assertThat(records(buckets)).isEqualTo(done);
            }
        }
    }

    @Test
    void theSameImportWritesTheSameBytes() throws IOException {
        Path sqlite = representative();
        InMemoryBuckets one = InMemoryBuckets.toldAtOnce();
        InMemoryBuckets other = InMemoryBuckets.toldAtOnce();
        imported(one, exported(sqlite));
        imported(other, exported(sqlite));
        for (Bucket bucket : Bucket.values()) {
            assertThat(texts(one, bucket)).isEqualTo(texts(other, bucket));
        }
    }

    @Test
    void importWritesNothingWhereARecordDiffersOrIsExtra() throws IOException {
        Path sqlite = database();
        InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
        try (SqliteStore source = SqliteStore.open(sqlite, PATIENT);
                InMemoryStores stores = new InMemoryStores(buckets)) {
            ControlPlanes.fillRepresentative(source);
            InMemoryBuckets.Client client = buckets.client();
            Store target = stores.open(client, client);
            done(target.addUser(admin(endpoint(2))));
            done(target.createRoom(encryptedRoom(new RoomId("other"), endpoint(2))));
        }
        Map<Bucket, Map<String, Entry>> before = records(buckets);
        Comparison comparison = imported(buckets, exported(sqlite));
        assertThat(comparison.differing()).isEqualTo(1);
        assertThat(comparison.extra()).isEqualTo(3);
        assertThat(comparison.conflicts())
                .contains("different in the target: user " + endpoint(2), "only in the target: room other");
        assertThat(records(buckets)).isEqualTo(before);
    }

    @Test
    void anImportOfWhichSomethingWasRemovedMeanwhileIsNotCalledDone() throws IOException {
        Path sqlite = representative();
        Path snapshot = exported(sqlite);
        InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
        FaultyWrites writes = new FaultyWrites(buckets.client());
        writes.plan(0, Keys.room(new RoomId("team"))::equals, FaultyWrites.Fault.HIDE);
        writes.meanwhile(() -> buckets.records(Bucket.ROOM_KEYS)
                .forEach((key, entry) -> buckets.client()
                        .delete(Bucket.ROOM_KEYS, key, new Expectation.KeyAt(entry.revision()))
                        .join()));
        try (SnapshotFile source = open(snapshot);
                KvTarget target = InMemoryFollowing.target(buckets, writes)) {
            assertThatThrownBy(() -> target.importFrom(source, Progress.NONE))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("records are missing");
        }
        imported(buckets, snapshot);
        assertThat(exported(buckets)).hasSameBinaryContentAs(snapshot);
    }

    @Test
    void placesOfRoomsThatNeverCameToBeAreTaken() throws IOException {
        Path sqlite = representative();
        InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
        InMemoryBuckets.Client client = buckets.client();
        RoomId team = new RoomId("team");
        client.delete(Bucket.ROOMS, Keys.room(team), Expectation.ABSENT).join();
        client.delete(Bucket.MEMBERS, Keys.member(team, endpoint(9)), Expectation.ABSENT)
                .join();
        Path snapshot = exported(sqlite);
        assertThat(imported(buckets, snapshot).isConflict()).isFalse();
        assertThat(exported(buckets)).hasSameBinaryContentAs(snapshot);
    }

    @Test
    void aSubjectThatAnotherRoomHasIsNotTaken() throws IOException {
        Path snapshot = exported(representative());
        InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
        put(
                buckets.client(),
                Keys.subject(Subject.defaultFor(new RoomId("team"))),
                new Reservation(new RoomId("another")).toJson());
        assertThatThrownBy(() -> imported(buckets, snapshot)).hasMessageContaining("have the same subject");
        assertThat(buckets.records(Bucket.ROOMS)).doesNotContainKey(Keys.room(new RoomId("team")));
    }

    @Test
    void aMarkIsReadBackAndIsNoRecord() throws IOException {
        InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
        try (KvTarget target = InMemoryFollowing.target(buckets, buckets.client())) {
            assertThat(target.mark()).isEmpty();
            target.putMark(new KvTarget.Mark("digest", 12, StoreFixtures.NOW));
            target.putMark(new KvTarget.Mark("other", 12, StoreFixtures.NOW));
            assertThat(target.mark()).contains(new KvTarget.Mark("other", 12, StoreFixtures.NOW));
        }
        assertThat(Files.readAllLines(exported(buckets))).hasSize(2);
    }

    @Test
    void aRecordOfANewerVersionIsNamed() {
        InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
        put(
                buckets.client(),
                Keys.room(new RoomId("team")),
                "{\"room\":{},\"news\":1}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> exported(buckets)).hasMessageContaining("team");
    }

    private Path representative() {
        Path sqlite = database();
        try (SqliteStore source = SqliteStore.open(sqlite, PATIENT)) {
            ControlPlanes.fillRepresentative(source);
        }
        return sqlite;
    }

    private static void put(InMemoryBuckets.Client client, String key, byte[] value) {
        client.put(Bucket.ROOMS, key, value, Expectation.ABSENT).join();
    }

    /** Whether the import came to its end with that fault. */
    private boolean endsAt(InMemoryBuckets buckets, int nth, FaultyWrites.Fault fault, Path snapshot) {
        FaultyWrites writes = new FaultyWrites(buckets.client());
        writes.plan(nth, fault);
        try (SnapshotFile source = open(snapshot);
                KvTarget target = InMemoryFollowing.target(buckets, writes)) {
            target.importFrom(source, Progress.NONE);
        } catch (FaultyWrites.Died | StoreException e) {
            return true;
        }
        return writes.isOver();
    }

    private static void assertWholeRooms(InMemoryBuckets buckets, Store source) {
        try (InMemoryStores stores = new InMemoryStores(buckets)) {
            Store store = stores.open();
            for (RoomId room : List.of(new RoomId("team"), new RoomId("lobby"))) {
                if (store.findRoom(room).isPresent()) {
                    assertSameRoom(store, source, room);
                }
            }
            assertThat(source.users()).containsAll(store.users());
        }
    }

    private static void assertSameRoom(Store store, Store source, RoomId room) {
        Optional<RoomState> expected = source.findRoom(room);
        Optional<RoomState> found = store.findRoom(room);
        assertThat(found.map(RoomState::room)).isEqualTo(expected.map(RoomState::room));
        assertThat(found.map(RoomState::members)).isEqualTo(expected.map(RoomState::members));
        expected.ifPresent(state -> LongStream.rangeClosed(
                        1, state.room().epoch().number())
                .mapToObj(Epoch::new)
                .forEach(epoch -> PEERS.forEach(peer ->
                        assertThat(store.findKey(room, epoch, peer)).isEqualTo(source.findKey(room, epoch, peer)))));
    }

    private static Map<Bucket, Map<String, Entry>> records(InMemoryBuckets buckets) {
        Map<Bucket, Map<String, Entry>> records = new EnumMap<>(Bucket.class);
        for (Bucket bucket : Bucket.values()) {
            records.put(bucket, new TreeMap<>(buckets.records(bucket)));
        }
        return records;
    }

    private static List<String> texts(InMemoryBuckets buckets, Bucket bucket) {
        return buckets.records(bucket).values().stream()
                .map(entry -> entry.key() + " " + new String(entry.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private Comparison imported(InMemoryBuckets buckets, Path snapshot) {
        try (SnapshotFile source = open(snapshot);
                KvTarget target = InMemoryFollowing.target(buckets, buckets.client())) {
            return target.importFrom(source, Progress.NONE);
        }
    }

    private static SnapshotFile open(Path snapshot) {
        return SnapshotFile.open(snapshot, SnapshotFile.Coding.PLAIN, Progress.NONE);
    }

    private Path exported(Path database) {
        try (SqliteCut cut = SqliteCut.open(database, PATIENT)) {
            return exported(cut);
        }
    }

    private Path exported(InMemoryBuckets buckets) {
        try (KvTarget target = InMemoryFollowing.target(buckets, buckets.client());
                KvCut cut = target.cut()) {
            return exported(cut);
        }
    }

    private Path exported(SnapshotSource source) {
        Integrity.require(source);
        Path file = directory.resolve("snapshot-" + files++);
        Manifest manifest = SnapshotFile.write(file, SnapshotFile.Coding.PLAIN, source, Progress.NONE);
        assertThat(Manifest.of(source, Progress.NONE, Progress.Step.VERIFY)).isEqualTo(manifest);
        return file;
    }

    private Path database() {
        return directory.resolve("database-" + files++);
    }

    private static Random seeded(String what) {
        long seed = System.nanoTime();
        System.out.println("KvSnapshotTest: " + what + " with seed " + seed);
        return new Random(seed);
    }
}
