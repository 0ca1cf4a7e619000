package io.unibus.store.sqlite;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.store.Race;
import io.unibus.store.StoreException;
import io.unibus.store.StoreInvariants;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;

@Timeout(60)
final class SqliteStoreTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final Duration IMPATIENT = Duration.ofMillis(150);
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final int PAGE = 4096;

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("unibus.db");
    }

    // Files that are not a store

    @Test
    void openRefusesAFileThatIsNotADatabase() throws IOException {
        byte[] text = "Dear diary. ".repeat(1000).getBytes(StandardCharsets.UTF_8);
        Files.write(file, text);
        assertUnusable("not a SQLite database");
        assertThat(Files.readAllBytes(file)).isEqualTo(text);
    }

    @Test
    void openRefusesAFewBytesThatAreNotADatabase() throws IOException {
        Files.writeString(file, "hello");
        assertUnusable("not a SQLite database");
        assertThat(Files.readString(file)).isEqualTo("hello");
    }

    @Test
    void openRefusesATruncatedDatabase() throws IOException {
        writeUsers(200);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2 / PAGE * PAGE);
        }
        assertUnusable("damaged");
    }

    @Test
    void openRefusesADatabaseWithAFlippedPage() throws IOException {
        writeUsers(200);
        for (long page = 2; page <= Files.size(file) / PAGE; page++) {
            byte[] sound = Files.readAllBytes(file);
            scribble(page);
            assertThatThrownBy(() -> SqliteStore.open(file, PATIENT))
                    .as("page %s", page)
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining("restore the file from a backup");
            Files.write(file, sound);
        }
        SqliteStore.open(file, PATIENT).close();
    }

    @Test
    void damageThatIsMetLaterMakesTheStoreUnusable() throws IOException {
        writeUsers(200);
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            for (long page = 2; page <= Files.size(file) / PAGE; page++) {
                scribble(page);
            }
            assertThatThrownBy(store::users)
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining("damaged")
                    .hasMessageContaining(file.toString());
        }
    }

    @Test
    void openRefusesADatabaseOfANewerUnibus() throws Exception {
        writeUsers(1);
        sql("PRAGMA user_version = 99");
        assertUnusable("version 99, newer than");
        sql("PRAGMA user_version = " + Schema.newestVersion());
        SqliteStore.open(file, PATIENT).close();
    }

    @Test
    void openRefusesADatabaseOfAnotherApplication() throws Exception {
        Files.createFile(file);
        sql("CREATE TABLE moz_places (id INTEGER PRIMARY KEY)", "PRAGMA application_id = 7");
        byte[] before = Files.readAllBytes(file);
        assertUnusable("another program");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void openRefusesADatabaseWithTablesAndNoApplicationId() throws Exception {
        Files.createFile(file);
        sql("CREATE TABLE users (name TEXT)");
        byte[] before = Files.readAllBytes(file);
        assertUnusable("another program");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void rowThatUnibusDidNotWriteIsReportedAsDamage() throws Exception {
        writeUsers(1);
        sql("UPDATE users SET endpoint = '" + "U".repeat(56) + "'");
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            assertThatThrownBy(store::users)
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining("malformed endpoint");
        }
    }

    @Test
    void sealedKeysCannotBeChangedByHand() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            done(store.createRoom(encryptedRoom(ROOM, endpoint(1))));
            assertThatThrownBy(() -> sql("UPDATE sealed_keys SET sealed_key = x'00'"))
                    .hasMessageContaining("a sealed key never changes");
        }
    }

    // Places and permissions

    @Test
    void openRefusesADirectory() throws IOException {
        Files.createDirectory(file);
        assertUnusable("directory");
    }

    @Test
    void openRefusesAPathWithoutDirectory() {
        file = directory.resolve("missing").resolve("unibus.db");
        assertUnusable("no directory " + file.getParent());
    }

    @Test
    void openRefusesAPlaceThatEvenRootCannotWrite() {
        file = Path.of("/proc/unibus.db");
        assertUnusable("may not read and write");
    }

    @Test
    void filesAreForTheirOwnerOnly() throws IOException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addUser(member(endpoint(1)));
            assertThat(modes())
                    .containsExactly("unibus.db rw-------", "unibus.db-shm rw-------", "unibus.db-wal rw-------");
        }
    }

    @Test
    void openMakesAnExistingFilePrivate() throws IOException {
        writeUsers(1);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        filesAreForTheirOwnerOnly();
    }

    @Test
    void closeLeavesNothingButTheDatabase() throws IOException {
        writeUsers(10);
        assertThat(modes()).containsExactly("unibus.db rw-------");
    }

    @Test
    void fileNamesMayContainAnything() {
        boolean accents = Charset.forName(System.getProperty("sun.jnu.encoding"))
                .newEncoder()
                .canEncode('é'); // not in locale C
        file = directory.resolve("what? #1 100%25 & " + (accents ? "é" : "e") + ";'\".db");
        writeUsers(3);
        assertThat(file).exists();
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            assertThat(store.users()).hasSize(3);
        }
    }

    @Test
    void writesAreSyncedAndForeignKeysHeld() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            Writer writer = store.writer();
            assertThat(writer.<Long>write(session -> session.number("PRAGMA synchronous")))
                    .isEqualTo(2);
            assertThat(writer.<Long>write(session -> session.number("PRAGMA foreign_keys")))
                    .isEqualTo(1);
            assertThat(store.readers().<Long>read(session -> session.number("PRAGMA query_only")))
                    .isEqualTo(1);
            assertThat(store.readers()
                            .<Boolean>read(session -> session.first("PRAGMA journal_mode", row -> row.getString(1))
                                    .orElseThrow()
                                    .equals("wal")))
                    .isTrue();
        }
    }

    // Full disks and locks

    @Test
    void fullDiskLosesNothingAndTheNextWriteWorksOnceThereIsSpace() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addUser(admin(endpoint(0)));
            limitPages(store, 1); // SQLite takes the present size for a smaller limit
            int added = 1;
            StoreException refusal = null;
            while (refusal == null) {
                try {
                    store.addUser(member(endpoint(added)));
                    added++;
                } catch (StoreException e) {
                    refusal = e;
                }
            }
            assertThat(refusal).isInstanceOf(StoreUnavailableException.class).hasMessageContaining("disk is full");
            assertThat(store.users()).hasSize(added);
            limitPages(store, 1 << 20);
            done(store.addUser(member(endpoint(added))));
            assertThat(store.users()).hasSize(added + 1);
        }
    }

    @Test
    void lockOfAnotherConnectionIsWaitedForNoLongerThanTheTimeout() throws Exception {
        try (SqliteStore store = SqliteStore.open(file, IMPATIENT);
                SQLiteConnection other = connect();
                Statement statement = other.createStatement()) {
            store.addUser(member(endpoint(1)));
            statement.execute("BEGIN IMMEDIATE");
            assertUnavailableInTime("lock", () -> store.addUser(member(endpoint(2))));
            assertUnavailableInTime("lock", store::confirmWritable);
            assertThat(store.users()).as("readers do not wait").hasSize(1);
            statement.execute("ROLLBACK");
            done(store.addUser(member(endpoint(2))));
            store.confirmWritable();
        }
    }

    @Test
    void openWaitsForALockNoLongerThanTheTimeout() throws Exception {
        writeUsers(1);
        try (SQLiteConnection other = connect();
                Statement statement = other.createStatement()) {
            statement.execute("PRAGMA locking_mode = EXCLUSIVE");
            statement.execute("UPDATE users SET handle = 'x'");
            assertUnavailableInTime("lock", () -> SqliteStore.open(file, IMPATIENT));
        }
    }

    @Test
    void writeOfAnotherThreadIsWaitedForNoLongerThanTheTimeout() throws Exception {
        try (SqliteStore store = SqliteStore.open(file, IMPATIENT)) {
            CountDownLatch release = new CountDownLatch(1);
            Thread holder = holdWriter(store, release);
            assertUnavailableInTime("other writes", () -> store.addUser(member(endpoint(1))));
            assertThat(store.users()).as("readers do not wait").isEmpty();
            release.countDown();
            holder.join();
            done(store.addUser(member(endpoint(1))));
        }
    }

    /** The lock is held until the file is there, so a write that waits for it is refused and not lost. */
    @Test
    void onceMigratedItIsOutOfUseAlsoForAWriteThatWaited() throws Exception {
        Path link = directory.resolve("elsewhere.db");
        Files.createSymbolicLink(link, file);
        try (SqliteStore store = SqliteStore.open(file, PATIENT);
                SqliteStore other = SqliteStore.open(link, PATIENT)) {
            done(store.addUser(member(endpoint(1))));
            CountDownLatch held = new CountDownLatch(1);
            FutureTask<StoreException> waiting = new FutureTask<>(() -> {
                held.await();
                return catchThrowableOfType(StoreException.class, () -> store.addUser(member(endpoint(2))));
            });
            Thread writer = new Thread(waiting, "writer");
            writer.start();
            try (SqliteCut cut = SqliteCut.openHoldingWrites(file, PATIENT, held::countDown)) {
                while (store.writer().transactions() < 2) {
                    Thread.onSpinWait();
                }
                assertThat(cut.count()).isEqualTo(1);
                Files.createFile(BesideDatabase.migrated(file));
            }
            assertThat(waiting.get()).isInstanceOf(StoreMigratedException.class);
            for (SqliteStore each : List.of(store, other)) {
                assertThatThrownBy(() -> each.addUser(member(endpoint(3))))
                        .isInstanceOf(StoreMigratedException.class)
                        .hasMessageContaining("Nothing was written")
                        .hasMessageContaining("--store kv");
                assertThatThrownBy(each::confirmWritable).isInstanceOf(StoreMigratedException.class);
                assertThatThrownBy(each::users).isInstanceOf(StoreMigratedException.class);
                assertThatThrownBy(each::hasAdmin).isInstanceOf(StoreMigratedException.class);
            }
            Files.delete(BesideDatabase.migrated(link));
            done(store.addUser(member(endpoint(3))));
        }
    }

    @Test
    void interruptedThreadGivesUpAndStaysInterrupted() throws Exception {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> store.addUser(member(endpoint(1))))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();
            Thread.currentThread().interrupt();
            assertThatThrownBy(store::users).isInstanceOf(StoreUnavailableException.class);
            assertThat(Thread.interrupted()).isTrue();
            done(store.addUser(member(endpoint(1))));
        }
    }

    @Test
    void anErrorInsideAWriteEndsItsTransaction() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT);
                SqliteStore other = SqliteStore.open(file, IMPATIENT)) {
            assertThatThrownBy(() -> store.writer().write(session -> {
                        done(UserRows.add(session, member(endpoint(1))));
                        throw new OutOfMemoryError("as the test says");
                    }))
                    .isInstanceOf(OutOfMemoryError.class);
            done(other.addUser(member(endpoint(2))));
            done(store.addUser(member(endpoint(1))));
        }
    }

    @Test
    void closeEndsAReadThatDoesNotEnd() throws Exception {
        SqliteStore store = SqliteStore.open(file, IMPATIENT);
        CountDownLatch started = new CountDownLatch(1);
        Callable<Boolean> endless = () -> {
            assertThatThrownBy(() -> store.readers().read(session -> {
                        started.countDown();
                        return session.number("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                + " SELECT count(*) FROM n");
                    }))
                    .isInstanceOf(StoreUnavailableException.class)
                    .hasMessageContaining("closed");
            return true;
        };
        Callable<Boolean> closer = () -> {
            assertThat(started.await(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
            store.close();
            return true;
        };
        long begun = System.nanoTime();
        Race.run(List.of(endless, closer));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(BOUND);
    }

    @Test
    void confirmationsThatWaitTogetherShareOneWrite() throws Exception {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            CountDownLatch release = new CountDownLatch(1);
            Thread holder = holdWriter(store, release);
            long before = store.writer().transactions();
            List<Thread> callers = IntStream.range(0, 8)
                    .mapToObj(i -> new Thread(store::confirmWritable, "confirm-" + i))
                    .toList();
            callers.forEach(Thread::start);
            while (store.writer().waiting() < callers.size()) {
                Thread.onSpinWait();
            }
            release.countDown();
            holder.join();
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(store.writer().transactions()).isEqualTo(before + 1);
        }
    }

    @Test
    void refusedWritesAreNotSynced() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.addUser(member(endpoint(1)));
            long mark = lastWrite(store);
            store.addUser(member(endpoint(1)));
            store.revokeUser(endpoint(2), NOW);
            assertThat(lastWrite(store)).isEqualTo(mark);
            store.confirmWritable();
            assertThat(lastWrite(store)).isNotEqualTo(mark);
        }
    }

    @Test
    void failureInsideATransactionLeavesNothingOfIt() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            assertThatThrownBy(() -> store.writer().write(session -> {
                        UserRows.add(session, member(endpoint(1)));
                        throw new IllegalStateException("on purpose");
                    }))
                    .hasMessage("on purpose");
            assertThatThrownBy(() -> store.writer().write(session -> {
                        UserRows.add(session, member(endpoint(1)));
                        return session.update(
                                "INSERT INTO members VALUES ('no-room', ?, 'owner', 0)",
                                endpoint(1).nkey());
                    }))
                    .isInstanceOf(StoreException.class);
            assertThat(store.users()).isEmpty();
            done(store.addUser(member(endpoint(1))));
        }
    }

    @Test
    void anotherStoreOnTheSameFileIsSeenAtOnce() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT);
                SqliteStore other = SqliteStore.open(file, PATIENT)) {
            store.addUser(admin(endpoint(1)));
            assertThat(other.hasAdmin()).isTrue();
            done(other.createRoom(encryptedRoom(ROOM, endpoint(1))));
            assertThat(store.findRoom(ROOM)).isPresent();
            assertThat(store.findKey(ROOM, Epoch.FIRST, endpoint(1))).isPresent();
        }
    }

    @RepeatedTest(30)
    void aNewFileMayBeOpenedByManyAtOnce() {
        Callable<Boolean> opener = () -> {
            try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
                store.confirmWritable();
                return true;
            }
        };
        assertThat(Race.run(List.of(opener, opener, opener, opener))).containsOnly(true);
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            new StoreInvariants(store, List.of(), List.of()).check();
        }
    }

    private void assertUnusable(String reason) {
        assertThatThrownBy(() -> SqliteStore.open(file, PATIENT))
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(reason)
                .hasMessageContaining("To do: ");
    }

    private static void assertUnavailableInTime(String reason, ThrowingCallable call) {
        long begun = System.nanoTime();
        assertThatThrownBy(call)
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining(reason)
                .hasMessageContaining("Nothing was written");
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isGreaterThanOrEqualTo(IMPATIENT.dividedBy(2))
                .isLessThan(BOUND);
    }

    private static Thread holdWriter(SqliteStore store, CountDownLatch release) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        Thread holder = new Thread(
                () -> store.writer().write(session -> {
                    held.countDown();
                    awaitUninterrupted(release);
                    return true;
                }),
                "holder");
        holder.start();
        held.await();
        return holder;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long lastWrite(SqliteStore store) {
        return store.readers().<Long>read(session -> session.number("SELECT value FROM meta WHERE key = 'last_write'"));
    }

    private static void limitPages(SqliteStore store, int pages) {
        store.writer().write(session -> session.number("PRAGMA max_page_count = " + pages));
    }

    private void writeUsers(int count) {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            for (int i = 0; i < count; i++) {
                done(store.addUser(member(endpoint(i))));
            }
        }
    }

    private void scribble(long page) throws IOException {
        byte[] noise = new byte[PAGE];
        Arrays.fill(noise, (byte) 0xa5);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(noise), (page - 1) * PAGE);
        }
    }

    private List<String> modes() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(SqliteStoreTest::nameAndMode).sorted().toList();
        }
    }

    private static String nameAndMode(Path path) {
        try {
            return path.getFileName() + " " + PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void sql(String... statements) throws SQLException {
        try (SQLiteConnection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String text : statements) {
                statement.execute(text);
            }
        }
    }

    private SQLiteConnection connect() throws SQLException {
        return JDBC.createConnection(JDBC.PREFIX + file, new Properties());
    }
}
