package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.AuthenticationException;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.unibus.client.Identity;
import io.unibus.client.Rooms;
import io.unibus.node.TestNode;
import io.unibus.node.config.NodeOption;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import io.unibus.protocol.UserRole;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with bus-auth enforce, and clients that know nothing of unibus. */
@Timeout(120)
final class EnforcedBusIT {
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration WHILE = Duration.ofMillis(200);
    private static final RoomPolicy OPEN = new RoomPolicy(false);

    private final Identity admin = Identity.generate(new SecureRandom());
    private final Identity alice = Identity.generate(new SecureRandom());
    private final Identity bob = Identity.generate(new SecureRandom());
    private final Identity carol = Identity.generate(new SecureRandom());
    private final Identity stranger = Identity.generate(new SecureRandom());

    @TempDir
    private Path dataDir;

    private TestNode node;

    @BeforeEach
    void start() {
        node = TestNode.start(dataDir, Map.of(NodeOption.BUS_AUTH, "enforce"));
        node.addUser(admin, "admin", UserRole.ADMIN);
        node.addUser(alice, "alice", UserRole.MEMBER);
        node.addUser(bob, "bob", UserRole.MEMBER);
        node.addUser(carol, "carol", UserRole.MEMBER);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Rooms rooms(Identity identity) {
        return new Rooms(node.client(identity), identity);
    }

    private Room room(Identity owner, String subject) {
        return rooms(owner).create(Optional.of(new Subject(subject)), OPEN);
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + BusClient.LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.sleep(2);
        }
    }

    @Test
    void onlyProvenActiveUsersAreLetIn() throws Exception {
        Identity mallory = Identity.generate(new SecureRandom());
        node.addUser(mallory, "mallory", UserRole.MEMBER);
        node.revoke(mallory);
        String bus = node.bus();
        assertThat(BusClient.isLetIn(bus, Optional.of(BusClient.login(alice, nonce -> nonce))))
                .isTrue();
        assertThat(BusClient.isLetIn(bus, Optional.empty()))
                .as("without an NKey")
                .isFalse();
        assertThat(BusClient.isLetIn(bus, Optional.of(BusClient.login(stranger, nonce -> nonce))))
                .as("unknown")
                .isFalse();
        assertThat(BusClient.isLetIn(bus, Optional.of(BusClient.login(mallory, nonce -> nonce))))
                .as("revoked")
                .isFalse();
        assertThat(BusClient.isLetIn(
                        bus,
                        Optional.of(BusClient.login(alice, nonce -> "another nonce".getBytes(StandardCharsets.UTF_8)))))
                .as("another connection's signature")
                .isFalse();
    }

    /** What each may do is written down in a file, made by trying; bus-auth soft counts by the same rule. */
    @Test
    void permissionsAreThoseOfTheRooms() throws Exception {
        Room a = room(alice, "team.a");
        room(bob, "team.b");
        Identity dave = Identity.generate(new SecureRandom());
        node.addUser(dave, "dave", UserRole.MEMBER);
        rooms(alice).invite(a.roomId(), dave.endpoint(), MemberRole.MEMBER);
        List<String> table = new ArrayList<>();
        for (Map.Entry<String, Identity> who : Map.of(
                        "owner of a",
                        alice,
                        "member of a",
                        dave,
                        "owner of b",
                        bob,
                        "member of nothing",
                        carol,
                        "admin",
                        admin)
                .entrySet()) {
            SubjectAllowlist subscribable = subscribable(who.getValue());
            try (RawBusClient client = RawBusClient.connect(node.bus(), who.getValue())) {
                String own = "_INBOX." + who.getValue().endpoint().nkey() + ".x";
                for (Map.Entry<String, String> subject : subjects(own).entrySet()) {
                    String subscribes = allows(client.say("SUB " + subject.getValue() + " 1"));
                    assertThat(subscribable.covers(subject.getValue().split(" ", 2)[0]))
                            .as("%s, %s", who.getKey(), subject.getKey())
                            .isEqualTo(subscribes.equals("may "));
                    table.add(String.format(
                            "%-18s %-20s %-14s %s",
                            who.getKey(),
                            subject.getKey(),
                            subscribes + "subscribe",
                            allows(client.say("PUB "
                                            + subject.getValue()
                                                    .split(" ", 2)[0]
                                                    .replace('*', 'x')
                                                    .replace('>', 'x')
                                            + " 0\r\n"))
                                    + "publish"));
                    client.say("UNSUB 1");
                }
            }
        }
        table.sort(null);
        assertThat(String.join("\n", table) + "\n")
                .isEqualTo(new String(
                        EnforcedBusIT.class
                                .getResourceAsStream("bus-permissions.txt")
                                .readAllBytes(),
                        StandardCharsets.UTF_8));
    }

    private SubjectAllowlist subscribable(Identity identity) {
        List<Subject> subjects = node.client(identity).roomsOf(identity.endpoint()).stream()
                .map(MemberRoom::subject)
                .toList();
        return BusPermissions.subscribable(identity.endpoint(), subjects);
    }

    private Map<String, String> subjects(String own) {
        return Map.ofEntries(
                Map.entry("team.a", "team.a"),
                Map.entry("team.a in a queue", "team.a workers"),
                Map.entry("team.b in a queue", "team.b workers"),
                Map.entry("team.b", "team.b"),
                Map.entry("team.*", "team.*"),
                Map.entry("*", "*"),
                Map.entry(">", ">"),
                Map.entry("own inbox", own),
                Map.entry("inbox of the admin", "_INBOX." + admin.endpoint().nkey() + ".y"),
                Map.entry("_INBOX.>", "_INBOX.>"),
                Map.entry("$JS.API.>", "$JS.API.>"),
                Map.entry("$KV.>", "$KV.>"),
                Map.entry("$SYS.>", "$SYS.>"));
    }

    private static String allows(List<String> answers) {
        assertThat(answers).hasSizeLessThan(2).allMatch(answer -> answer.contains("Permissions Violation"));
        return answers.isEmpty() ? "may " : "not ";
    }

    @Test
    void membersAskEachOtherAndNobodySpeaksThroughAnother() throws Exception {
        Room a = room(alice, "team.a");
        rooms(alice).invite(a.roomId(), carol.endpoint(), MemberRole.MEMBER);
        room(bob, "team.b");
        try (BusClient asking = BusClient.connect(node.bus(), alice);
                BusClient answering = BusClient.connect(node.bus(), carol);
                BusClient listening = BusClient.connect(node.bus(), bob)) {
            Subscription heardInB = listening.subscribe("team.b");
            answering
                    .connection()
                    .createDispatcher(
                            request -> answering.publish(request.getReplyTo(), "answer to " + BusClient.text(request)))
                    .subscribe("team.a");
            answering.flush();
            Message answer =
                    asking.connection().request("team.a", "question".getBytes(StandardCharsets.UTF_8), BusClient.LIMIT);
            assertThat(BusClient.text(answer)).isEqualTo("answer to question");
            asking.connection().publish("team.a", "team.b", "to another room".getBytes(StandardCharsets.UTF_8));
            asking.flush();
            assertThat(BusClient.next(heardInB, WHILE))
                    .as("heard in another room")
                    .isEmpty();
        }
    }

    @Test
    void revokedUserIsCutOffAndRefused() throws Exception {
        room(alice, "team.a");
        try (BusClient client = BusClient.connect(node.bus(), alice)) {
            node.client(admin).revokeUser(alice.endpoint());
            long answered = System.nanoTime();
            await("the end of the connection", client::isClosed);
            assertThat(Duration.ofNanos(System.nanoTime() - answered)).isLessThan(SOON);
        }
        assertThatThrownBy(() -> BusClient.connect(node.bus(), alice)).isInstanceOf(AuthenticationException.class);
    }

    @Test
    void revocationByACommandOnTheHostIsFelt() throws Exception {
        try (BusClient client = BusClient.connect(node.bus(), alice)) {
            node.revoke(alice);
            long answered = System.nanoTime();
            await("the end of the connection", client::isClosed);
            assertThat(Duration.ofNanos(System.nanoTime() - answered)).isLessThan(SOON);
        }
    }

    @Test
    void removedMemberHearsNothingMoreAndKeepsTheRest() throws Exception {
        Room a = room(alice, "team.a");
        Room b = room(bob, "team.b");
        rooms(alice).invite(a.roomId(), carol.endpoint(), MemberRole.MEMBER);
        rooms(bob).invite(b.roomId(), carol.endpoint(), MemberRole.MEMBER);
        try (BusClient member = BusClient.connectForEver(node.bus(), carol);
                BusClient owner = BusClient.connect(node.bus(), alice);
                BusClient other = BusClient.connect(node.bus(), bob)) {
            Subscription heardInA = member.subscribe("team.a");
            Subscription heardInB = member.subscribe("team.b");
            owner.publish("team.a", "before");
            assertThat(BusClient.next(heardInA, BusClient.LIMIT)).contains("before");
            rooms(alice).remove(a.roomId(), carol.endpoint());
            Thread.sleep(SOON.toMillis());
            owner.publish("team.a", "after");
            owner.flush();
            await("the member's return", member::isConnected);
            assertThat(BusClient.next(heardInA, WHILE))
                    .as("heard in a room that it was removed from")
                    .isEmpty();
            other.publish("team.b", "still");
            assertThat(BusClient.next(heardInB, BusClient.LIMIT)).contains("still");
        }
    }

    @Test
    void grantsReachALiveConnectionAndCloseNone() throws Exception {
        try (BusClient member = BusClient.connect(node.bus(), carol);
                BusClient owner = BusClient.connect(node.bus(), alice)) {
            for (String subject : List.of("team.a", "team.b", "team.c")) {
                Room room = room(alice, subject);
                member.subscribe(subject).unsubscribe(); // is refused
                rooms(alice).invite(room.roomId(), carol.endpoint(), MemberRole.MEMBER);
                long answered = System.nanoTime();
                boolean heard = false;
                while (!heard) {
                    Subscription subscription = member.subscribe(subject);
                    owner.publish(subject, "welcome");
                    heard = BusClient.next(subscription, Duration.ofMillis(50)).isPresent();
                    subscription.unsubscribe();
                    assertThat(Duration.ofNanos(System.nanoTime() - answered)).isLessThan(Duration.ofSeconds(2));
                }
                member.publish(subject, "thanks");
            }
            assertThat(owner.isConnected()).isTrue();
            assertThat(member.isConnected()).isTrue();
        }
    }
}
