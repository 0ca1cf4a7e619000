package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.AuthHandler;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.client.Identity;
import io.unibus.client.StatusClient;
import io.unibus.node.Node;
import io.unibus.node.NodeStore;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import io.unibus.protocol.Handle;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.Store;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with bus-auth soft, and clients that log in to its bus in every way. */
@Timeout(60)
final class SoftLoginIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Identity alice = Identity.generate(new SecureRandom());
    private final Identity stranger = Identity.generate(new SecureRandom());
    private final Identity mallory = Identity.generate(new SecureRandom());
    private @Nullable Node node;

    @AfterEach
    void stop() {
        if (node != null) {
            node.stop();
        }
    }

    @Test
    void everybodyIsLetInAndWhoWouldBeRefusedIsCounted(@TempDir Path dataDir) throws Exception {
        node = new Node(NodeConfig.load(OptionValues.resolve(
                Map.of(
                        NodeOption.DATA_DIR, dataDir.toString(),
                        NodeOption.NAME, "node-1",
                        NodeOption.HTTP, "127.0.0.1:0",
                        NodeOption.NATS, "127.0.0.1:0",
                        NodeOption.OP_TIMEOUT, "5s",
                        NodeOption.BUS_AUTH, "soft"),
                Map.of())));
        String ready = node.start();
        String bus = ready.replaceFirst(".* nats=(\\S+).*", "$1");
        URI http = URI.create(ready.replaceFirst(".* http=(\\S+).*", "$1"));
        try (Store store = NodeStore.open(dataDir, Duration.ofSeconds(5))) {
            Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            store.addUser(User.active(alice.endpoint(), new Handle("alice"), UserRole.ADMIN, now));
            store.addUser(User.active(mallory.endpoint(), new Handle("mallory"), UserRole.MEMBER, now));
            store.revokeUser(mallory.endpoint(), now);
        }
        connect(bus, Optional.of(login(alice, nonce -> nonce)));
        connect(bus, Optional.empty());
        connect(bus, Optional.of(login(stranger, nonce -> nonce)));
        connect(bus, Optional.of(login(mallory, nonce -> nonce)));
        connect(bus, Optional.of(login(alice, nonce -> new byte[] {1, 2, 3})));
        awaitDenials(
                http,
                "- signature-missing 1",
                alice.endpoint() + " signature-wrong 1",
                mallory.endpoint() + " user-revoked 1",
                stranger.endpoint() + " user-unknown 1");
    }

    private static void connect(String bus, Optional<AuthHandler> login) throws Exception {
        Options.Builder options =
                new Options.Builder().server(bus).connectionTimeout(LIMIT).noReconnect();
        login.ifPresent(options::authHandler);
        Connection connection = Nats.connect(options.build());
        try {
            assertThat(connection.getStatus()).isEqualTo(Connection.Status.CONNECTED);
        } finally {
            connection.close();
        }
    }

    private static AuthHandler login(Identity identity, UnaryOperator<byte[]> signed) {
        return new AuthHandler() {
            @Override
            public byte[] sign(byte[] nonce) {
                return identity.sign(signed.apply(nonce));
            }

            @Override
            public char[] getID() {
                return identity.endpoint().nkey().toCharArray();
            }

            @Override
            public char @Nullable [] getJWT() {
                return null;
            }
        };
    }

    private static void awaitDenials(URI http, String... expected) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
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
