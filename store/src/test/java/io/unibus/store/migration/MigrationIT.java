package io.unibus.store.migration;

import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.StoreFixtures;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.BucketSetup;
import io.unibus.store.jetstream.JetStreamOptions;
import io.unibus.store.jetstream.JetStreamStore;
import io.unibus.store.jetstream.KvCut;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.jetstream.Servers;
import io.unibus.store.snapshot.ControlPlanes;
import io.unibus.store.snapshot.Integrity;
import io.unibus.store.snapshot.Manifest;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.BesideDatabase;
import io.unibus.store.sqlite.SqliteCut;
import io.unibus.store.sqlite.SqliteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Migrations into three real servers, also by processes that are killed. */
@Timeout(300)
final class MigrationIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final RoomId TEAM = new RoomId("team");
    private static final int KILLS = Integer.getInteger("unibus.migration.kills", 4);

    @TempDir
    private static Path home;

    private static Servers servers;

    @TempDir
    private Path directory;

    private Path database;
    private Connection connection;

    @BeforeAll
    static void startServers() {
        servers = Servers.cluster(home, 3);
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @BeforeEach
    void emptyTheCluster() throws Exception {
        database = directory.resolve("unibus.db");
        connection = servers.connect(0);
        boolean empty = false;
        while (!empty) {
            empty = isEmptied();
        }
        servers.createBuckets(3);
    }

    /** One attempt, which a busy machine may not answer in time. */
    private boolean isEmptied() {
        try {
            for (Bucket bucket : EnumSet.complementOf(EnumSet.copyOf(missing()))) {
                Servers.management(connection).delete(bucket.bucketName());
            }
            return true;
        } catch (IOException | JetStreamApiException | StoreUnavailableException e) {
            return false; // it may be done by now; the next attempt looks
        }
    }

    /** {@code EnumSet.copyOf} does not take an empty set that is no EnumSet, which this is. */
    private EnumSet<Bucket> missing() {
        EnumSet<Bucket> missing = EnumSet.noneOf(Bucket.class);
        missing.addAll(BucketSetup.missing(connection));
        return missing;
    }

    @Test
    void everythingIsThereOnceAndTheSecondRunChangesNothing() throws IOException {
        fill();
        Manifest source = manifestOf(database);
        Migration.Report check = check();
        assertThat(check.before().missing()).isEqualTo(16);
        assertThat(check.completed()).isFalse();
        assertThat(MigratedFile.read(database)).isEmpty();

        Migration.Report first = migrate();
        assertThat(first.isEqual()).isTrue();
        assertThat(first.completed()).isTrue();
        assertThat(first.source()).isEqualTo(source);
        assertThat(manifestOfCluster()).isEqualTo(source);
        assertThat(manifestOf(first.backup().orElseThrow())).isEqualTo(source);
        assertThat(MigratedFile.read(database))
                .hasValueSatisfying(file -> assertThat(file.source()).isEqualTo(source.digest()));

        Migration.Report second = migrate();
        assertThat(second.before().isEqual()).isTrue();
        assertThat(second.backup()).isEmpty();
        assertThat(second.earlier())
                .hasValueSatisfying(mark -> assertThat(mark.source()).isEqualTo(source.digest()));
        assertThat(manifestOf(database)).isEqualTo(source);
    }

    @Test
    void nodesGoOnInTheClusterAndARunAfterThatChangesNothing() {
        fill();
        assertThat(migrate().completed()).isTrue();
        try (Store store = openStore("one")) {
            RoomState room = store.findRoom(TEAM).orElseThrow();
            assertThat(room.room().epoch()).isEqualTo(new Epoch(2));
            assertThat(store.findKey(TEAM, Epoch.FIRST, endpoint(3))).isPresent();
            room = store.commit(invitation(room, endpoint(5), MemberRole.MEMBER, StoreFixtures.NOW))
                    .orElseThrow();
            assertThat(store.commit(rekey(room, "after", List.of(), StoreFixtures.NOW)))
                    .isPresent();
            done(store.addUser(member(endpoint(8))));
        }
        Manifest moved = manifestOfCluster();
        Migration.Report again = migrate();
        assertThat(again.before().isConflict()).isTrue();
        assertThat(again.completed()).isFalse();
        assertThat(again.earlier()).isPresent();
        assertThat(manifestOfCluster()).isEqualTo(moved);
    }

    @Test
    void whatOnlyTheTargetHasIsNamedAndNothingIsWritten() {
        fill();
        try (Store store = openStore("one")) {
            done(store.addUser(admin(endpoint(70))));
        }
        Migration.Report report = migrate();
        assertThat(report.before().conflicts()).containsExactly("only in the target: user " + endpoint(70));
        assertThat(report.completed()).isFalse();
        assertThat(report.backup()).isEmpty();
        assertThat(manifestOfCluster().count()).isEqualTo(1);
        try (KvTarget target = target()) {
            assertThat(target.mark()).isEmpty();
        }
    }

    @Test
    void nobodyWritesToTheSourceMeanwhile() {
        fill();
        try (SqliteStore store = SqliteStore.open(database, Duration.ofMillis(20));
                KvTarget target = target()) {
            AtomicBoolean refused = new AtomicBoolean();
            Progress writer = (step, done, total) -> {
                if (step == Progress.Step.WRITE && !refused.get()) {
                    assertThatThrownBy(() -> store.addUser(member(endpoint(50))))
                            .isInstanceOf(StoreUnavailableException.class);
                    refused.set(true);
                }
            };
            assertThat(new Migration(database, target, Clock.systemUTC(), PATIENCE, writer)
                            .run(false)
                            .isEqual())
                    .isTrue();
            assertThat(refused).isTrue();
        }
    }

    /** A change is seen whole or not at all: the cut is of one moment, although there are five buckets. */
    @Test
    void cutsWhileNodesWriteAreWhole() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        try (Store store = openStore("one")) {
            ControlPlanes.fillRepresentative(store);
            Thread writer = new Thread(
                    () -> {
                        Random random = new Random(5);
                        while (!stop.get()) {
                            ControlPlanes.fillAtRandom(store, random, 5);
                            pause(random.nextInt(40));
                        }
                    },
                    "writer");
            writer.start();
            try {
                for (int i = 0; i < 10; i++) {
                    try (KvTarget target = target();
                            KvCut cut = target.cut()) {
                        Integrity.require(cut);
                    }
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
    }

    @Test
    void tooManyReplicasAndUnknownSourcesAreRefused() throws Exception {
        Servers.management(connection).delete(Bucket.USERS.bucketName());
        assertThatThrownBy(() -> BucketSetup.create(connection, EnumSet.of(Bucket.USERS), 5))
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining("--replicas");
        BucketSetup.create(connection, EnumSet.of(Bucket.USERS), 3);
        assertThatThrownBy(this::migrate)
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining("no such file");
        assertThat(Files.exists(database)).isFalse();
    }

    @Test
    void withoutAQuorumNothingIsMarked() {
        fill();
        servers.pause(1);
        servers.pause(2);
        try (KvTarget target = KvTarget.open(() -> connection, Duration.ofSeconds(2))) {
            Migration migration = new Migration(database, target, Clock.systemUTC(), PATIENCE, Progress.NONE);
            assertThatThrownBy(() -> migration.run(true)).isInstanceOf(StoreException.class);
            assertThat(MigratedFile.read(database)).isEmpty();
        } finally {
            servers.resume(1);
            servers.resume(2);
        }
    }

    @Test
    void killedAtAnyMomentTheNextRunCompletesIt() throws Exception {
        long seed = System.nanoTime();
        System.out.println("MigrationIT: kills with seed " + seed);
        Random random = new Random(seed);
        try (SqliteStore store = SqliteStore.open(database, PATIENCE)) {
            ControlPlanes.fillAtRandom(store, random, 400);
        }
        Manifest source = manifestOf(database);
        Duration whole = timeOfWhole("offline");
        int completed = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            startOver();
            runInProcess("offline", anyMoment(random, whole));
            try (KvTarget target = target()) {
                if (target.mark().isPresent()) {
                    completed++;
                    assertThat(manifestOfCluster()).isEqualTo(source);
                }
                assertThat(MigratedFile.read(database).isPresent()
                                && target.mark().isEmpty())
                        .isFalse();
            }
            assertThat(migrate().completed()).isTrue();
            assertThat(manifestOfCluster()).isEqualTo(source);
            assertThat(manifestOf(database)).isEqualTo(source);
        }
        System.out.println("MigrationIT: killed within " + whole.toMillis() + " ms, " + completed + " of " + KILLS
                + " runs were complete before");
    }

    /** The source goes on after each, and the next run may be of either kind. */
    @Test
    void killedAtAnyMomentTheNextRunCompletesItAlsoWhenTheSourceWentOn() throws Exception {
        long seed = System.nanoTime();
        System.out.println("MigrationIT: kills of a source that goes on with seed " + seed);
        Random random = new Random(seed);
        try (SqliteStore store = SqliteStore.open(database, PATIENCE)) {
            ControlPlanes.fillAtRandom(store, random, 400);
            Duration whole = timeOfWhole("online");
            int completed = 0;
            for (int kill = 0; kill < KILLS; kill++) {
                runInProcess(random.nextInt(4) == 0 ? "offline" : "online", anyMoment(random, whole));
                if (MigratedFile.read(database).isPresent()) {
                    completed++;
                    assertComplete(store);
                    startOver();
                }
                ControlPlanes.fillAtRandom(store, random, random.nextInt(60));
            }
            System.out.println("MigrationIT: killed within " + whole.toMillis() + " ms, " + completed + " of " + KILLS
                    + " runs were complete before");
            Migration.Report report = migrateOnline();
            assertThat(report.completed()).as("%s", report).isTrue();
            assertComplete(store);
        }
    }

    private void assertComplete(Store source) {
        assertThat(manifestOfCluster()).isEqualTo(manifestOf(database));
        assertThatThrownBy(source::confirmWritable).isInstanceOf(StoreMigratedException.class);
    }

    @Test
    void whatIsWrittenWhileItGoesOnlineIsThereAndNothingIsTakenAfterThat() throws Exception {
        fill();
        List<Integer> acknowledged = new ArrayList<>();
        AtomicInteger held = new AtomicInteger();
        AtomicReference<RuntimeException> end = new AtomicReference<>(new IllegalStateException("it did not end"));
        try (SqliteStore store = SqliteStore.open(database, Duration.ofMillis(100))) {
            Thread writer = new Thread(
                    () -> {
                        for (int user = 100; ; user++) {
                            try {
                                write(store, user);
                                acknowledged.add(user);
                            } catch (StoreUnavailableException e) {
                                held.incrementAndGet();
                            } catch (RuntimeException e) {
                                end.set(e);
                                return;
                            }
                        }
                    },
                    "writer");
            writer.start();
            pause(200);
            Migration.Report report;
            try {
                report = migrateOnline();
            } finally {
                writer.join(PATIENCE.toMillis());
            }
            assertThat(report.completed()).as("%s", report).isTrue();
            assertThat(report.readOnly()).isPositive();
            assertThat(report.writtenInHold()).isPositive();
            assertThat(end.get())
                    .isInstanceOf(StoreMigratedException.class)
                    .hasMessageContaining("has moved to a cluster")
                    .hasMessageContaining("--store kv");
            System.out.printf(
                    "MigrationIT: %d writes acknowledged, %d refused in a hold of %d ms, %d records written in it%n",
                    acknowledged.size(), held.get(), report.readOnly().toMillis(), report.writtenInHold());
            assertThatThrownBy(() -> store.findUser(endpoint(1))).isInstanceOf(StoreMigratedException.class);
        }
        assertThat(manifestOfCluster()).isEqualTo(manifestOf(database));
        assertThat(Files.exists(BesideDatabase.migrating(database))).isFalse();
        try (Store store = openStore("one")) {
            for (int user : acknowledged) {
                assertThat(store.findUser(endpoint(user))).as("user %s", user).isPresent();
                assertThat(store.findRoom(new RoomId("room-" + user))
                                .orElseThrow()
                                .members())
                        .containsKey(endpoint(2));
            }
            RoomState team = store.findRoom(TEAM).orElseThrow();
            assertThat(store.commit(rekey(team, "after", List.of(), StoreFixtures.NOW)))
                    .isPresent();
        }
    }

    /** New users and rooms, and ever new changes of a room that was there before. */
    private static void write(Store store, int number) {
        done(store.addUser(member(endpoint(number))));
        RoomState room =
                done(store.createRoom(StoreFixtures.encryptedRoom(new RoomId("room-" + number), endpoint(number))));
        assertThat(store.commit(invitation(room, endpoint(2), MemberRole.MEMBER, StoreFixtures.NOW)))
                .isPresent();
        RoomState team = store.findRoom(TEAM).orElseThrow();
        assertThat(store.commit(rekey(team, "number " + number, List.of(), StoreFixtures.NOW)))
                .isPresent();
    }

    @Test
    void aSecondRunOnlineChangesNothing() {
        fill();
        Migration.Report first = migrateOnline();
        assertThat(first.completed()).isTrue();
        assertThat(first.written()).isEqualTo(16);
        assertThat(first.writtenInHold()).isZero();
        assertThat(manifestOf(first.backup().orElseThrow())).isEqualTo(manifestOf(database));
        Migration.Report second = migrateOnline();
        assertThat(second.completed()).isTrue();
        assertThat(second.written()).isZero();
        assertThat(second.backup()).isEmpty();
    }

    @Test
    void onlineToOnlyNamesWhatOthersWroteAndLeavesNothingBehind() throws IOException {
        fill();
        try (Store store = openStore("one")) {
            done(store.addUser(admin(endpoint(70))));
        }
        Migration.Report report = migrateOnline();
        assertThat(report.before().conflicts()).containsExactly("only in the target: user " + endpoint(70));
        assertThat(report.completed()).isFalse();
        assertThat(report.readOnly()).isZero();
        assertThat(manifestOfCluster().count()).isEqualTo(1);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.contains("backup") || name.endsWith(".migrating"));
        }
    }

    @Test
    void whatANodeOfTheClusterChangedAfterARunThatEndedIsAConflict() throws Exception {
        fill();
        breakOff();
        try (Store store = openStore("one")) {
            done(store.revokeUser(endpoint(2), StoreFixtures.NOW));
        }
        Migration.Report report = migrateOnline();
        assertThat(report.before().conflicts()).containsExactly("different in the target: user " + endpoint(2));
        assertThat(report.completed()).isFalse();
    }

    @Test
    void ofOneDatabaseOneMigrationRuns() throws Exception {
        fill();
        try (MigrationLock lock = MigrationLock.take(database)) {
            assertThatThrownBy(this::migrateOnline)
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("Another migration");
            assertThat(lock).isNotNull();
        }
        assertThat(migrateOnline().completed()).isTrue();
    }

    /** A run that wrote everything and did not complete. */
    private void breakOff() {
        Progress breaking = (step, done, total) -> {
            if (step == Progress.Step.COMPARE && Files.exists(BesideDatabase.migrating(database))) {
                throw new IllegalStateException("ended by the test");
            }
        };
        try (KvTarget target = target()) {
            Migration migration = new Migration(database, target, Clock.systemUTC(), PATIENCE, breaking);
            assertThatThrownBy(() -> migration.run(true)).isInstanceOf(IllegalStateException.class);
        }
    }

    private Migration.Report migrateOnline() {
        try (KvTarget target = target()) {
            return new Migration(database, target, Clock.systemUTC(), PATIENCE, Progress.NONE).runOnline();
        }
    }

    /**
     * @param limit after which it is killed
     * @return how long it ran
     */
    private Duration runInProcess(String how, Duration limit) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MigratorProcess.class.getName(),
                        database.toString(),
                        connection.getConnectedUrl(),
                        "control",
                        "control-password",
                        how)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(process.inputReader().readLine()).isEqualTo("begun");
            long begin = System.nanoTime();
            process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
            return Duration.ofNanos(System.nanoTime() - begin);
        } finally {
            process.destroyForcibly();
            process.waitFor();
        }
    }

    /** Some moment of a migration in a process, the whole of which has taken as long. */
    private static Duration anyMoment(Random random, Duration whole) {
        return Duration.ofNanos((long) (whole.toNanos() * random.nextDouble()));
    }

    /** How long a whole migration in a process takes; afterwards nothing is migrated. */
    private Duration timeOfWhole(String how) throws Exception {
        Duration whole = runInProcess(how, PATIENCE.multipliedBy(6));
        assertThat(MigratedFile.read(database)).isPresent();
        startOver();
        return whole;
    }

    private void startOver() throws Exception {
        emptyTheCluster();
        Files.deleteIfExists(MigratedFile.of(database));
    }

    private void fill() {
        try (SqliteStore store = SqliteStore.open(database, PATIENCE)) {
            ControlPlanes.fillRepresentative(store);
        }
    }

    private Migration.Report migrate() {
        try (KvTarget target = target()) {
            return new Migration(database, target, Clock.systemUTC(), PATIENCE, Progress.NONE).run(true);
        }
    }

    private Migration.Report check() {
        try (KvTarget target = target()) {
            return new Migration(database, target, Clock.systemUTC(), PATIENCE, Progress.NONE).check();
        }
    }

    private KvTarget target() {
        return KvTarget.open(() -> connection, PATIENCE);
    }

    private JetStreamStore openStore(String node) {
        return JetStreamStore.open(() -> connection, JetStreamOptions.of(node, PATIENCE, Duration.ofSeconds(2)));
    }

    private Manifest manifestOfCluster() {
        try (KvTarget target = target();
                KvCut cut = target.cut()) {
            return manifestOf(cut);
        }
    }

    private static Manifest manifestOf(Path file) {
        try (SqliteCut cut = SqliteCut.open(file, PATIENCE)) {
            return manifestOf(cut);
        }
    }

    private static Manifest manifestOf(SnapshotSource source) {
        return Manifest.of(source, Progress.NONE, Progress.Step.VERIFY);
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
