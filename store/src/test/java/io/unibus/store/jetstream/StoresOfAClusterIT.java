package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.ENCRYPTED;
import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.newRoom;
import static io.unibus.store.StoreFixtures.rekey;
import static io.unibus.store.StoreFixtures.sealed;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.store.Outcome;
import io.unibus.store.Race;
import io.unibus.store.RandomWorkload;
import io.unibus.store.Rejection;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreFixtures;
import io.unibus.store.StoreInvariants;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two stores on different servers of one cluster, at the same things at once. */
final class StoresOfAClusterIT {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final int ROUNDS = 100;
    private static final List<Endpoint> ENDPOINTS =
            IntStream.range(0, 8).mapToObj(StoreFixtures::endpoint).toList();
    private static final List<RoomId> ROOMS =
            IntStream.range(0, 4).mapToObj(i -> new RoomId("room-" + i)).toList();

    @TempDir
    private static Path directory;

    private static Servers servers;
    private JetStreamStore first;
    private JetStreamStore second;

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
    void open() throws Exception {
        Servers.emptyBuckets(servers.connect(0));
        first = open(0);
        second = open(1);
    }

    @AfterEach
    void close() {
        try (Store closing = first;
                Store closingToo = second) {
            new StoreInvariants(closing, ROOMS, ENDPOINTS).check();
            new StoreInvariants(closingToo, ROOMS, ENDPOINTS).check();
        }
    }

    @Test
    void oneOfRacingRekeysWinsWhole() {
        RoomState state = done(first.createRoom(encryptedRoom(ROOM, ALICE)));
        state = commit(second, invitation(state, BOB, MemberRole.MEMBER, NOW));
        state = commit(first, invitation(state, CAROL, MemberRole.MEMBER, NOW));
        long begun = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            RoomChange one = rekey(state, "one", List.of(), NOW);
            RoomChange two = rekey(state, "two", List.of(), NOW);
            List<Optional<RoomState>> results = Race.run(List.of(() -> first.commit(one), () -> second.commit(two)));
            List<RoomState> winners = results.stream().flatMap(Optional::stream).toList();
            assertThat(winners).as("winners of round %s", round).hasSize(1);
            String author = results.get(0).isPresent() ? "one" : "two";
            state = winners.get(0);
            for (Store store : List.of(first, second)) {
                assertThat(store.findRoom(ROOM)).contains(state);
                for (Endpoint member : state.members().keySet()) {
                    assertThat(key(store, state.room().epoch(), member)).contains(sealed(author + " for " + member));
                }
            }
        }
        report("racing rekeys of 3 members, read in both stores", begun);
        assertThat(state.room().epoch()).isEqualTo(new Epoch(1 + ROUNDS));
    }

    @Test
    void oneOfRacingRoomsGetsTheSubject() {
        long begun = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            Subject subject = new Subject("wanted." + round);
            RoomId one = new RoomId("one-" + round);
            RoomId two = new RoomId("two-" + round);
            List<Outcome<RoomState>> outcomes = Race.run(List.of(
                    () -> first.createRoom(newRoom(one, subject, ENCRYPTED, ALICE, NOW)),
                    () -> second.createRoom(newRoom(two, subject, ENCRYPTED, BOB, NOW))));
            assertThat(outcomes).containsOnlyOnce(Outcome.refused(new Rejection.SubjectTaken(subject)));
            boolean firstWon = outcomes.get(0) instanceof Outcome.Done<RoomState>;
            for (Store store : List.of(first, second)) {
                assertThat(store.findRoom(one).isPresent()).isEqualTo(firstWon);
                assertThat(store.findRoom(two).isPresent()).isEqualTo(!firstWon);
            }
        }
        report("racing creations", begun);
        // The invariants are checked of other rooms, so that these are not in the way.
        Servers.await(
                "both views",
                () -> first.roomsOf(ALICE).size() + first.roomsOf(BOB).size() == ROUNDS);
        clear();
    }

    @Test
    void lastTwoAdminsRevokedThroughTwoStoresLeaveOne() {
        Endpoint left = endpoint(1000);
        done(first.addUser(admin(left)));
        for (int round = 1; round <= ROUNDS / 4; round++) {
            Endpoint one = left;
            Endpoint two = endpoint(1000 + round);
            done(second.addUser(admin(two)));
            List<Outcome<User>> outcomes =
                    Race.run(List.of(() -> first.revokeUser(one, NOW), () -> second.revokeUser(two, NOW)));
            left = outcomes.get(0) instanceof Outcome.Refused<User> ? one : two;
            assertThat(outcomes).containsOnlyOnce(Outcome.refused(new Rejection.LastAdmin(left)));
            assertThat(first.users()).isEqualTo(second.users());
        }
    }

    @Test
    void randomWorkloadsThroughTwoStoresLeaveTheInvariantsIntact() {
        long seed = System.nanoTime();
        System.out.println("StoresOfAClusterIT: random workload with seed " + seed);
        done(first.addUser(admin(endpoint(0))));
        List<Callable<Integer>> workers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Store store = i % 2 == 0 ? first : second;
            RandomWorkload workload = new RandomWorkload(store, new Random(seed + i), ROOMS, ENDPOINTS);
            workers.add(() -> workload.run(250));
        }
        assertThat(Race.run(workers).stream().mapToInt(Integer::intValue).sum()).isPositive();
        first.repair().run();
        second.repair().run();
    }

    private void clear() {
        first.close();
        second.close();
        try {
            open();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static JetStreamStore open(int server) throws IOException {
        var connection = servers.connect(server);
        return JetStreamStore.open(
                () -> connection, JetStreamOptions.of("n" + server, Duration.ofSeconds(5), Duration.ZERO));
    }

    private static Optional<SealedKey> key(Store store, Epoch epoch, Endpoint endpoint) {
        return store.findKey(ROOM, epoch, endpoint).map(RoomKey::sealedKey);
    }

    private static RoomState commit(Store store, RoomChange change) {
        return store.commit(change).orElseThrow(() -> new AssertionError("the change was refused as stale"));
    }

    private static void report(String what, long begun) {
        System.out.printf(
                "StoresOfAClusterIT: %d x %s: %d ms%n", ROUNDS, what, (System.nanoTime() - begun) / 1_000_000);
    }
}
