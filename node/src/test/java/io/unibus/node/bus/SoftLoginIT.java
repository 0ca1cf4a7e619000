package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.AuthHandler;
import io.unibus.client.Identity;
import io.unibus.client.Rooms;
import io.unibus.client.StatusClient;
import io.unibus.node.TestNode;
import io.unibus.node.config.NodeOption;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import io.unibus.protocol.UserRole;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with bus-auth soft, and clients that log in to its bus in every way, and subscribe to what they may and may not. */
@Timeout(90)
final class SoftLoginIT {
    /** Longer than the pause between two looks at subscriptions. */
    private static final Duration LIMIT = Duration.ofSeconds(25);

    private final Identity alice = Identity.generate(new SecureRandom());
    private final Identity bob = Identity.generate(new SecureRandom());
    private final Identity carol = Identity.generate(new SecureRandom());
    private final Identity stranger = Identity.generate(new SecureRandom());
    private final Identity mallory = Identity.generate(new SecureRandom());

    @Test
    void everybodyIsLetInAndWhoWouldBeRefusedIsCounted(@TempDir Path dataDir) throws Exception {
        try (TestNode node = TestNode.start(dataDir, Map.of(NodeOption.BUS_AUTH, "soft"))) {
            node.addUser(alice, "alice", UserRole.ADMIN);
            node.addUser(mallory, "mallory", UserRole.MEMBER);
            node.revoke(mallory);
            List<Optional<AuthHandler>> logins = List.of(
                    Optional.of(BusClient.login(alice, nonce -> nonce)),
                    Optional.empty(),
                    Optional.of(BusClient.login(stranger, nonce -> nonce)),
                    Optional.of(BusClient.login(mallory, nonce -> nonce)),
                    Optional.of(BusClient.login(alice, nonce -> new byte[] {1, 2, 3})));
            for (Optional<AuthHandler> login : logins) {
                assertThat(BusClient.isLetIn(node.bus(), login)).isTrue();
            }
            awaitDenials(
                    node.http(),
                    "- signature-missing 1",
                    alice.endpoint() + " signature-wrong 1",
                    mallory.endpoint() + " user-revoked 1",
                    stranger.endpoint() + " user-unknown 1");
        }
    }

    @Test
    void subscriptionsThatWouldBeRefusedAreCountedOnce(@TempDir Path dataDir) throws Exception {
        try (TestNode node = TestNode.start(dataDir, Map.of(NodeOption.BUS_AUTH, "soft"))) {
            node.addUser(alice, "alice", UserRole.ADMIN);
            node.addUser(bob, "bob", UserRole.MEMBER);
            node.addUser(carol, "carol", UserRole.MEMBER);
            room(node, alice, "team.a");
            room(node, bob, "team.b");
            try (BusClient member = BusClient.connect(node.bus(), alice);
                    BusClient unknown = BusClient.connect(node.bus(), stranger)) {
                member.subscribe("team.a");
                member.connection().subscribe("team.a", "workers");
                member.subscribe("_INBOX." + alice.endpoint().nkey() + ".x.*");
                member.subscribe("_INBOX.xyz.*");
                member.subscribe("team.b");
                member.connection().subscribe("team.b", "workers");
                member.subscribe(">");
                unknown.subscribe("team.a");
                awaitDenials(
                        node.http(),
                        alice.endpoint() + " subscription-not-allowed 3",
                        stranger.endpoint() + " user-unknown 1");
                try (BusClient second = BusClient.connect(node.bus(), bob)) {
                    second.subscribe("team.b");
                    second.subscribe("team.*");
                    awaitDenials(
                            node.http(),
                            alice.endpoint() + " subscription-not-allowed 3",
                            bob.endpoint() + " subscription-not-allowed 1",
                            stranger.endpoint() + " user-unknown 1");
                    try (BusClient third =
                            BusClient.connect(node.bus(), carol)) { // the look before is over when it is counted
                        third.subscribe("team.a");
                        awaitDenials(
                                node.http(),
                                alice.endpoint() + " subscription-not-allowed 3",
                                bob.endpoint() + " subscription-not-allowed 1",
                                carol.endpoint() + " subscription-not-allowed 1",
                                stranger.endpoint() + " user-unknown 1");
                    }
                }
            }
        }
    }

    private static void room(TestNode node, Identity owner, String subject) {
        new Rooms(node.client(owner), owner).create(Optional.of(new Subject(subject)), new RoomPolicy(false));
    }

    private static void awaitDenials(URI http, String... expected) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        Set<String> found = new TreeSet<>();
        while (!found.equals(Set.of(expected)) && System.nanoTime() < deadline) {
            found.clear();
            JsonObject status = JsonObject.parse(new StatusClient(http, Optional.empty()).status());
            assertThat(status.requiredString("bus_auth")).isEqualTo("soft");
            for (JsonObject denial : status.objects("denials")) {
                assertThat(denial.requiredString("door")).isEqualTo("bus");
                found.add(denial.string("endpoint").orElse("-") + " " + denial.requiredString("reason") + " "
                        + denial.requiredLong("count"));
            }
            Thread.sleep(20);
        }
        assertThat(found).containsExactlyInAnyOrder(expected);
    }
}
