package io.unibus.store.sqlite;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.AccessRecorder;
import io.unibus.store.RoomState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the listeners of a store hear when several stores, as of several processes, write the same file. */
@Timeout(60)
final class SqliteListenersTest {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final RoomId ROOM = new RoomId("room-1");

    @TempDir
    private Path directory;

    private final AccessRecorder recorder = new AccessRecorder();
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("unibus.db");
    }

    @Test
    void writesOfAnotherProcessAreHeardWithinASecond() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT);
                SqliteStore other = SqliteStore.open(file, PATIENT)) {
            store.addListener(recorder);
            recorder.awaitAny(SECOND); // nothing is known of the time before
            for (int i = 0; i < 5; i++) {
                recorder.forget();
                done(other.addUser(admin(endpoint(i))));
                recorder.awaitAny(SECOND);
                assertThat(store.findUser(endpoint(i))).isPresent();
            }
        }
    }

    @Test
    void ownWritesAreNotTakenForThoseOfAnotherProcess() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            Writer writer = store.writer();
            assertThat(writer.mayHaveForeignCommits(PATIENT))
                    .as("first question")
                    .isTrue();
            done(store.addUser(admin(endpoint(1))));
            done(store.addUser(member(endpoint(2))));
            assertThat(writer.mayHaveForeignCommits(PATIENT)).isFalse();
            store.addUser(member(endpoint(2))); // refused, and rolled back
            assertThat(writer.mayHaveForeignCommits(PATIENT)).isFalse();
            assertThatThrownBy(() -> writer.write(session -> {
                UserRows.add(session, member(endpoint(3)));
                throw new IllegalArgumentException("on purpose");
            }));
            assertThat(writer.mayHaveForeignCommits(PATIENT))
                    .as("a new connection")
                    .isTrue();
            done(store.revokeUser(endpoint(2), NOW));
            RoomState state = done(store.createRoom(encryptedRoom(ROOM, endpoint(1))));
            assertThat(store.commit(invitation(state, endpoint(4), MemberRole.MEMBER, NOW)))
                    .isPresent();
            store.confirmWritable();
            store.users();
            assertThat(writer.mayHaveForeignCommits(PATIENT)).isFalse();
        }
    }

    @Test
    void writesOfAnotherProcessAreSeenAlsoAmongOwnOnes() {
        try (SqliteStore store = SqliteStore.open(file, PATIENT);
                SqliteStore other = SqliteStore.open(file, PATIENT)) {
            Writer writer = store.writer();
            writer.mayHaveForeignCommits(PATIENT);
            done(store.addUser(admin(endpoint(1))));
            done(other.addUser(member(endpoint(2))));
            done(store.addUser(member(endpoint(3))));
            assertThat(writer.mayHaveForeignCommits(PATIENT)).isTrue();
            assertThat(writer.mayHaveForeignCommits(PATIENT)).isFalse();
        }
    }

    @Test
    void busyWriterCountsAsChanged() throws InterruptedException {
        try (SqliteStore store = SqliteStore.open(file, PATIENT)) {
            store.writer().mayHaveForeignCommits(PATIENT);
            CountDownLatch held = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            Thread holder = new Thread(
                    () -> store.writer().write(session -> {
                        held.countDown();
                        await(release);
                        return true;
                    }),
                    "holder");
            holder.start();
            held.await();
            assertThat(store.writer().mayHaveForeignCommits(MOMENT)).isTrue();
            release.countDown();
            holder.join();
            assertThat(store.writer().mayHaveForeignCommits(PATIENT)).isFalse();
        }
    }

    @Test
    void pollGoesOnAfterAFailureAndTellsOfTheTimeOfIt() {
        SqliteErrors errors = new SqliteErrors(file);
        DatabaseFile database = new DatabaseFile(file, errors, PATIENT);
        Session broken = database.prepare();
        broken.close();
        Writer writer = new Writer(database, errors, PATIENT, broken);
        try (SqliteStore other = SqliteStore.open(file, PATIENT);
                DataVersionPoller poller = new DataVersionPoller(writer, recorder, new ChangeTail(other.readers()))) {
            poller.start();
            recorder.awaitAny(SECOND);
            recorder.forget();
            recorder.awaitAny(PATIENT); // by the first poll that works
            recorder.forget();
            done(other.addUser(admin(endpoint(1))));
            recorder.awaitAny(PATIENT);
        } finally {
            writer.close();
        }
    }

    @Test
    void threadLivesFromTheFirstListenerUntilTheStoreIsClosed() {
        SqliteStore store = SqliteStore.open(file, PATIENT);
        assertThat(pollers()).isEmpty();
        store.addListener(recorder);
        store.addListener(new AccessRecorder());
        assertThat(pollers()).hasSize(1);
        store.close();
        assertThat(pollers()).isEmpty();
        store.addListener(recorder);
        assertThat(pollers()).isEmpty();
    }

    private static List<Thread> pollers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("unibus-data-version"))
                .toList();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
