package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.protocol.UserStatus;
import io.unibus.store.AccessRecorder;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeRecorder;
import io.unibus.store.ChangeSource;
import io.unibus.store.RoomState;
import io.unibus.store.StoreChange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the listeners of one store hear of writes through a store on another server, while nobody reads from theirs. */
final class ListenersOfAClusterIT {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final RoomId ROOM = new RoomId("room-1");
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

        RoomState state = done(writing.createRoom(encryptedRoom(ROOM, ALICE)));
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

    @Test
    void changesAreToldWhoeverMadeThemAlsoAfterAGapAndAfterARebuild() throws Exception {
        Servers servers = closers.add(Servers.cluster(directory, 3));
        servers.createBuckets(3);
        Connection connection = servers.connect(0);
        Connection elsewhere = servers.connect(1);
        JetStreamStore listening = open(connection, "n0");
        JetStreamStore writing = open(elsewhere, "n1");
        ChangeRecorder changes = new ChangeRecorder();
        listening.addChangeListener(changes, ChangePosition.NONE);
        changes.awaitStart(ChangeSource.ROOMS);
        changes.awaitStart(ChangeSource.USERS);

        done(writing.addUser(admin(ALICE)));
        RoomState state = done(writing.createRoom(encryptedRoom(ROOM, ALICE)));
        changes.awaitRooms("room-created room-1 1", "member-added room-1 1 owner");
        assertThat(changes.changes())
                .filteredOn(change -> change.room().isPresent())
                .extracting(StoreChange::revision)
                .containsOnly(state.revision());
        state = writing.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        changes.awaitRooms("room-created room-1 1", "member-added room-1 1 owner", "member-added room-1 2 member");
        assertThat(changes.position().in(ChangeSource.ROOMS)).hasValue(state.revision());

        User raised = new User(ALICE, new Handle("by-hand"), UserRole.MEMBER, UserStatus.ACTIVE, NOW, NOW);
        elsewhere
                .keyValue(Bucket.USERS.bucketName())
                .put(Keys.user(ALICE), UserRecord.added(raised, "by-hand").toJson());
        elsewhere.keyValue(Bucket.USERS.bucketName()).delete(Keys.user(ALICE));
        changes.awaitUsers("user-added 1 admin", "user-changed 1 member", "user-removed 1");

        changes.forget();
        servers.stop(0); // the messages of what is written now are lost to the store that listens
        state = writing.commit(done(state.remove(BOB, NOW))).orElseThrow();
        assertThat(writing.commit(rekey(state, "gap", List.of(), NOW))).isPresent();
        servers.start(0);
        Servers.await("connection", () -> connection.getStatus() == Connection.Status.CONNECTED);
        changes.awaitRooms("room-rekeyed room-1 2", "member-removed room-1 2");

        changes.forget();
        Servers.management(connection).delete(Bucket.ROOMS.bucketName());
        Servers.createBucket(connection, Bucket.ROOMS, 3);
        changes.awaitRooms("member-removed room-1 1", "room-deleted room-1");
        assertThat(changes.starts()).containsEntry(ChangeSource.ROOMS, 0L);
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
