package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.AccessRecorder;
import io.unibus.store.RoomState;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the listeners of one store hear of writes through a store on another server, while nobody reads from theirs. */
final class ListenersOfAClusterIT {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @RegisterExtension
    final Closers closers = new Closers();

    private final AccessRecorder recorder = new AccessRecorder();

    @Test
    void writesThroughAnotherStoreAreHeardAlsoAfterAGapAndAfterARebuild() throws Exception {
        Servers servers = closers.add(Servers.cluster(directory, 3));
        servers.createBuckets(3);
        Connection connection = servers.connect(0);
        JetStreamStore listening = open(connection, "n0");
        JetStreamStore writing = open(servers.connect(1), "n1");
        done(writing.addUser(admin(ALICE)));
        assertThat(listening.hasAdmin()).isTrue();
        listening.addListener(recorder);

        RoomState state = done(writing.createRoom(encryptedRoom(new RoomId("room-1"), ALICE)));
        awaitReported("creation", ALICE);
        state = writing.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        awaitReported("invitation", BOB);
        assertThat(listening.roomsOf(BOB)).hasSize(1);

        servers.stop(0); // the messages of what is written now are lost to the store that listens
        assertThat(writing.commit(done(state.remove(BOB, NOW)))).isPresent();
        done(writing.addUser(member(BOB)));
        recorder.forget();
        servers.start(0);
        Servers.await("connection", () -> connection.getStatus() == Connection.Status.CONNECTED);
        awaitReported("writes in a gap, after the connection was back", BOB);
        assertThat(listening.roomsOf(BOB)).isEmpty();

        recorder.forget();
        Servers.management(connection).delete(Bucket.USERS.bucketName());
        Servers.createBucket(connection, Bucket.USERS, 3);
        long begun = System.nanoTime();
        recorder.awaitAny(LIMIT);
        report("bucket that was created anew", begun);
        assertThat(listening.users()).isEmpty();
    }

    private JetStreamStore open(Connection connection, String node) {
        return closers.add(JetStreamStore.open(
                () -> connection, JetStreamOptions.of(node, Duration.ofSeconds(5), Duration.ofSeconds(2))));
    }

    private void awaitReported(String what, Endpoint endpoint) {
        long begun = System.nanoTime();
        recorder.await(endpoint, LIMIT);
        report(what, begun);
        recorder.forget();
    }

    private static void report(String what, long begun) {
        System.out.printf(
                "ListenersOfAClusterIT: heard of a %s: %d ms%n", what, (System.nanoTime() - begun) / 1_000_000);
    }
}
