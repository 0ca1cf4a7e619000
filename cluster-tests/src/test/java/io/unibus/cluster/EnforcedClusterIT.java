package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.Rooms;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three nodes with bus-auth enforce: what the bus knows of revocations, grants and a lost quorum, on every node. */
final class EnforcedClusterIT {
    private static final Duration LOSS_BOUND = Duration.ofSeconds(1);
    private static final Duration GRANT_BOUND = Duration.ofSeconds(2);
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration RETURN_LIMIT = Duration.ofSeconds(40);
    private static final int NEWCOMERS = 20;
    private static final int CROWD_OF_ONE = 25;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity admin = newIdentity();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Cluster cluster;

    @BeforeEach
    void start() {
        cluster = scenario.aCluster()
                .withNodes(3)
                .with("--bus-auth", "enforce")
                .start()
                .awaitReady();
        cluster.addAdmin(admin.endpoint());
    }

    @AfterEach
    void closeClients() throws Exception {
        for (AutoCloseable client : opened) {
            client.close();
        }
    }

    private Identity newIdentity() {
        return Identity.generate(Randoms.secure(random));
    }

    private Identity newUser(int node) {
        Identity identity = newIdentity();
        Handle handle = new Handle("user-" + identity.endpoint().nkey().substring(40));
        api(node, admin).addUser(new AddUserRequest(identity.endpoint(), handle, UserRole.MEMBER));
        return identity;
    }

    private ControlPlaneClient api(int node, Identity identity) {
        return ControlPlaneClient.of(cluster.node(node).url(), identity);
    }

    private Room newRoom(Identity owner, String subject) {
        return new Rooms(api(1, owner), owner).create(Optional.of(new Subject(subject)), new RoomPolicy(false));
    }

    private BusMember begin(int node, Identity identity) {
        BusMember member = BusMember.of(cluster.node(node).nats(), identity);
        opened.add(member);
        return member;
    }

    private List<BusMember> connectToEach(Identity identity) {
        List<BusMember> members = IntStream.rangeClosed(1, 3)
                .mapToObj(node -> begin(node, identity))
                .toList();
        awaitConnected(members);
        return members;
    }

    private static void awaitConnected(List<BusMember> members) {
        Await.until("all logins", RETURN_LIMIT, () -> members.stream().allMatch(BusMember::isConnected));
    }

    /** Connects others to each node, of whom nothing changes. */
    private IdleConnections crowd() throws IOException {
        IdleConnections crowd = new IdleConnections();
        opened.add(crowd);
        for (int begun = 0; begun < Settings.crowd(); begun += CROWD_OF_ONE) {
            Identity identity = newUser(1);
            for (int i = 0; i < 3 * CROWD_OF_ONE; i++) {
                crowd.add("nats://" + cluster.node(i % 3 + 1).nats(), identity);
            }
        }
        return crowd;
    }

    @Test
    void revocationClosesConnectionsToAllNodesWithinASecond() throws IOException {
        IdleConnections crowd = crowd();
        List<Long> millis = new ArrayList<>();
        for (int round = 0; round < Settings.revocations(); round++) {
            Identity user = newUser(1 + round % 3);
            List<BusMember> members = connectToEach(user);
            api(1 + random.nextInt(3), admin).revokeUser(user.endpoint());
            long answered = System.nanoTime();
            for (BusMember member : members) {
                Await.until("the end of a connection", LIMIT, () -> member.losses() > 0);
                millis.add((member.firstLoss() - answered) / 1_000_000);
                Await.until("the end of its attempts", LIMIT, member::isClosed);
            }
        }
        print("closed after a revocation", millis);
        assertThat(Collections.max(millis)).isLessThanOrEqualTo(LOSS_BOUND.toMillis());
        assertThat(crowd.lost()).isZero();
    }

    @Test
    void revocationClosesConnectionsToANodeWhoseJavaProcessIsPaused() {
        Identity user = newUser(1);
        List<BusMember> members = connectToEach(user);
        cluster.node(2).pauseJvm();
        try {
            api(1, admin).revokeUser(user.endpoint());
            long answered = System.nanoTime();
            members.forEach(member ->
                    Await.until("the end of a connection", LIMIT, () -> member.losses() > 0 && !member.isConnected()));
            long millis = (members.get(1).firstLoss() - answered) / 1_000_000;
            print("closed on a paused node", List.of(millis));
            assertThat(millis).isLessThanOrEqualTo(LOSS_BOUND.toMillis());
        } finally {
            cluster.node(2).resume();
        }
        Await.until("the end of its attempts", RETURN_LIMIT, members.get(1)::isClosed);
    }

    @Test
    void grantReachesLiveConnectionsOnAllNodesAndClosesNone() throws IOException {
        IdleConnections crowd = crowd();
        Identity owner = newUser(1);
        List<Long> millis = new ArrayList<>();
        BusMember speaker = begin(2, owner);
        awaitConnected(List.of(speaker));
        EchoMeter echoes = new EchoMeter(speaker, owner);
        try (Workers workers = new Workers()) {
            workers.begin(echoes::run);
            for (int round = 0; round < Settings.revocations(); round++) {
                Identity guest = newUser(1);
                Room room = newRoom(owner, "round." + round);
                List<BusMember> members = connectToEach(guest);
                new Rooms(api(1 + round % 3, owner), owner).invite(room.roomId(), guest.endpoint(), MemberRole.MEMBER);
                long answered = System.nanoTime();
                for (BusMember member : members) {
                    Await.until("a message in the room", LIMIT, () -> member.hearsItself("round." + number(room)));
                    millis.add((System.nanoTime() - answered) / 1_000_000);
                }
                assertThat(members).allMatch(member -> member.losses() == 0);
            }
            echoes.end();
            workers.awaitEnd();
        }
        System.out.println("EnforcedClusterIT: " + crowd.size() + " connections of others; " + echoes);
        print("heard after a grant", millis);
        assertThat(Collections.max(millis)).isLessThanOrEqualTo(GRANT_BOUND.toMillis());
        assertThat(crowd.lost()).isZero();
    }

    private static String number(Room room) {
        return room.subject().value().replace("round.", "");
    }

    @Test
    void withoutAQuorumNobodyNewGetsInAndAllComeBackByThemselves() {
        Identity user = newUser(1);
        BusMember before = begin(1, user);
        awaitConnected(List.of(before));
        cluster.node(2).killHost();
        cluster.node(3).killHost();
        Await.pause(Judge.REVOCATION_BOUND);
        List<BusMember> newcomers =
                IntStream.range(0, NEWCOMERS).mapToObj(i -> begin(1, user)).toList();
        Await.pause(Settings.quorumLoss());
        assertThat(newcomers).as("let in without a quorum").noneMatch(BusMember::isConnected);
        cluster.start();
        cluster.awaitReady();
        awaitConnected(newcomers);
    }

    @Test
    void whileTheJavaProcessIsPausedNobodyNewGetsInAndAllComeBackByThemselves() {
        Identity user = newUser(1);
        BusMember before = begin(2, user);
        awaitConnected(List.of(before));
        cluster.node(2).pauseJvm();
        List<BusMember> newcomers =
                IntStream.range(0, NEWCOMERS).mapToObj(i -> begin(2, user)).toList();
        Await.pause(Settings.quorumLoss());
        assertThat(newcomers).as("let in by nobody").noneMatch(BusMember::isConnected);
        cluster.node(2).resume();
        awaitConnected(newcomers);
        assertThat(before.losses()).isZero();
    }

    private static void print(String what, List<Long> millis) {
        List<Long> sorted = millis.stream().sorted().toList();
        System.out.printf(
                "EnforcedClusterIT: %s: %d times, median %d ms, most %d ms%n",
                what, sorted.size(), sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
    }
}
