package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.ENCRYPTED;
import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.OPEN;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.keysBy;
import static io.unibus.store.StoreFixtures.newRoom;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import io.unibus.store.NewRoom;
import io.unibus.store.Race;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreFixtures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many changes, and large ones, on three real servers: the projections follow, and every room goes on. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ProjectionIT {
    private static final Endpoint ALICE = endpoint(1);
    private static final RoomId ROOM = new RoomId("room");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CHANGES = 10_000;
    private static final int WRITERS = 16;

    @TempDir
    private static Path directory;

    private static Servers servers;

    @BeforeAll
    static void start() {
        servers = Servers.cluster(directory, 3);
        servers.createBuckets(3);
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @BeforeEach
    void empty() throws Exception {
        Servers.emptyBuckets(servers.connect(0));
    }

    @Test
    void projectionsFollowTenThousandChanges() {
        try (JetStreamStore first = open(0);
                JetStreamStore second = open(1)) {
            List<Callable<List<RoomState>>> writers = IntStream.range(0, WRITERS)
                    .<Callable<List<RoomState>>>mapToObj(i -> () -> change(i % 2 == 0 ? first : second, i))
                    .toList();
            long begun = System.nanoTime();
            List<RoomState> rooms =
                    Race.run(writers).stream().flatMap(Collection::stream).toList();
            long changed = System.nanoTime();
            Servers.await("the projections of " + CHANGES + " changes", PATIENCE, () -> areProjected(rooms));
            System.out.printf(
                    "ProjectionIT: %d changes in %d ms, projections right and read %d ms after the last%n",
                    CHANGES, millis(begun, changed), millis(changed, System.nanoTime()));
            assertThat(rooms).hasSize(CHANGES / 5);
        }
    }

    /** Makes rooms, each by five changes. */
    private static List<RoomState> change(Store store, int writer) {
        List<RoomState> rooms = new ArrayList<>();
        for (int i = 0; i < CHANGES / 5 / WRITERS; i++) {
            RoomId id = new RoomId("room-" + writer + "-" + i);
            RoomState state = done(store.createRoom(room(id, i % 2 == 0 ? OPEN : ENCRYPTED)));
            state = commit(store, invitation(state, endpoint(100 + i), MemberRole.MEMBER, NOW));
            state = commit(store, invitation(state, endpoint(1_000 + i), MemberRole.OWNER, NOW));
            state = commit(store, done(state.remove(endpoint(100 + i), NOW)));
            rooms.add(commit(
                    store,
                    i % 2 == 0
                            ? invitation(state, endpoint(100 + i), MemberRole.OWNER, NOW.plusSeconds(1))
                            : rekey(state, "next", List.of(ALICE), NOW)));
        }
        return rooms;
    }

    private static boolean areProjected(Collection<RoomState> rooms) {
        try {
            Projections.assertRight(
                    records(Bucket.MEMBERS), records(Bucket.ROOMS_BY_MEMBER), rooms, "after the changes");
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    @Test
    void roomThatEightThousandLeaveAtOnceGoesOn() {
        List<Endpoint> leaving =
                IntStream.range(10, 8_010).mapToObj(StoreFixtures::endpoint).toList();
        try (JetStreamStore store = open(0)) {
            RoomState state = joinedAtOnce(store, leaving);
            state = commit(store, rekey(state, "without them", leaving, NOW));
            assertThat(state.members()).containsOnlyKeys(ALICE);
            state = commit(store, invitation(state, leaving.get(0), MemberRole.MEMBER, NOW));
            assertThat(store.roomsOf(leaving.get(0)))
                    .extracting(MemberRoom::roomId)
                    .containsExactly(ROOM);
            assertThat(store.roomsOf(leaving.get(1))).isEmpty();
            List<RoomState> rooms = List.of(state);
            Servers.await("the projections of 16,000 memberships", PATIENCE, () -> areProjected(rooms));
            try (JetStreamStore other = open(1)) {
                assertThat(other.findRoom(ROOM)).contains(state);
            }
        }
    }

    /** Lets many join by one change, as an import does: the rules let in one at a time. */
    private static RoomState joinedAtOnce(Store store, List<Endpoint> joining) {
        RoomState state = done(store.createRoom(room(ROOM, ENCRYPTED)));
        Set<Endpoint> all = new TreeSet<>(joining);
        all.add(ALICE);
        Room before = state.room();
        Room after = new Room(
                before.roomId(),
                before.subject(),
                before.epoch().next(),
                before.policy(),
                before.owner(),
                false,
                before.createdAt(),
                NOW);
        Set<Member> members = new TreeSet<>(Comparator.comparing(Member::endpoint));
        joining.forEach(endpoint -> members.add(new Member(endpoint, MemberRole.MEMBER, NOW)));
        return commit(store, new RoomChange(state, after, members, new TreeSet<>(), keysBy("all", all)));
    }

    private static NewRoom room(RoomId id, RoomPolicy policy) {
        return newRoom(id, Subject.defaultFor(id), policy, ALICE, NOW);
    }

    private static SortedMap<String, Entry> records(Bucket bucket) {
        Connection connection = servers.connect(0);
        SortedMap<String, Entry> records = new TreeMap<>();
        new Scan(new JetStreamReads(() -> connection, System::nanoTime, Duration.ofSeconds(5)), bucket)
                .run(entry -> records.put(entry.key(), entry));
        records.values().removeIf(Entry::deleted);
        return records;
    }

    private static JetStreamStore open(int server) {
        Connection connection = servers.connect(server);
        return JetStreamStore.open(
                () -> connection, JetStreamOptions.of("n" + server, Duration.ofSeconds(10), Duration.ZERO));
    }

    private static RoomState commit(Store store, RoomChange change) {
        return store.commit(change).orElseThrow(() -> new AssertionError("the change was refused as stale"));
    }

    private static long millis(long from, long to) {
        return Duration.ofNanos(to - from).toMillis();
    }
}
