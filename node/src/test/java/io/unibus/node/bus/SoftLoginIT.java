package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.AuthHandler;
import io.unibus.client.Identity;
import io.unibus.client.StatusClient;
import io.unibus.node.TestNode;
import io.unibus.node.config.NodeOption;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.UserRole;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with bus-auth soft, and clients that log in to its bus in every way. */
@Timeout(60)
final class SoftLoginIT {
    private final Identity alice = Identity.generate(new SecureRandom());
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

    private static void awaitDenials(URI http, String... expected) throws InterruptedException {
        long deadline = System.nanoTime() + BusClient.LIMIT.toNanos();
        TreeSet<String> found = new TreeSet<>();
        while (found.size() < expected.length && System.nanoTime() < deadline) {
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
