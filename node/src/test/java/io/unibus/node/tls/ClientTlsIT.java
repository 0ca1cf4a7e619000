package io.unibus.node.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.embeddednats.Account;
import io.unibus.embeddednats.ClientTls;
import io.unibus.embeddednats.NatsBinary;
import io.unibus.embeddednats.NatsServer;
import io.unibus.embeddednats.ProbeLogin;
import io.unibus.embeddednats.Secret;
import io.unibus.embeddednats.ServerConfig;
import io.unibus.embeddednats.User;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real server whose certificate for clients is replaced. */
@Timeout(60)
final class ClientTlsIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Secret PASSWORD = Secret.of("secret");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private final TestAuthority authority = new TestAuthority();
    private final TestAuthority.Issued first = authority.issue("127.0.0.1");
    private final TestAuthority.Issued second = authority.issue("127.0.0.1");
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    @Test
    void newPairIsShownAfterAReloadAndAfterEachStart() throws Exception {
        known.add(fingerprint(first));
        NatsServer server = NatsServer.builder(
                        NatsBinary.bundled().installInto(directory.resolve("bin")),
                        ServerConfig.builder("first")
                                .account(new Account("APP", false, List.of(new User.Password("app", PASSWORD))))
                                .clientTls(clientTls(first))
                                .build(),
                        directory.resolve("run"))
                .probeLogin(ProbeLogin.password("app", PASSWORD))
                .probeTls(new PinnedTrust(known::contains).context())
                .build();
        try (server) {
            server.start(LIMIT);
            Connection before = connect(server, first);
            try {
                server.replaceClientTls(clientTls(second));
                known.add(fingerprint(second));
                hangUp(server.pid().orElseThrow());
                connectWithin(server, second).close();
                assertThat(before.getStatus()).isEqualTo(Connection.Status.CONNECTED);
                assertThat(server.isAnswering()).isTrue();
            } finally {
                before.close();
            }
            server.restart("to see what it shows then");
            server.awaitReady(LIMIT);
            connect(server, second).close();
        }
        assertThat(directory.resolve("run/nats-server.clients.key")).doesNotExist();
    }

    private static ClientTls clientTls(TestAuthority.Issued issued) {
        return new ClientTls(issued.certificatePem(), issued.keyPem());
    }

    private static String fingerprint(TestAuthority.Issued issued) {
        return TlsPair.of(issued.certificatePem(), issued.keyPem()).fingerprint();
    }

    private static Connection connectWithin(NatsServer server, TestAuthority.Issued shown) throws Exception {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                return connect(server, shown);
            } catch (IOException e) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
    }

    private static Connection connect(NatsServer server, TestAuthority.Issued shown) throws Exception {
        SSLContext trust = PinnedTrust.contextOf(Set.of(fingerprint(shown)));
        return Nats.connect(Options.builder()
                .server("tls://" + server.clientAddress())
                .sslContext(trust)
                .userInfo("app".toCharArray(), PASSWORD.reveal().toCharArray())
                .errorListener(new ErrorListener() {})
                .noReconnect()
                .build());
    }

    private static void hangUp(long pid) throws Exception {
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -HUP " + pid).start();
        assertThat(kill.waitFor()).isZero();
    }
}
