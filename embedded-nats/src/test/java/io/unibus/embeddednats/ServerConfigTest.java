package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServerConfigTest {
    static final String USER_KEY = TestKeys.encode(TestKeys.USER, new byte[32]);
    static final String ISSUER = TestKeys.encode(TestKeys.ACCOUNT, new byte[32]);

    /** Everything that can be set, with values that need quoting. */
    static ServerConfig.Builder full(Path store, HostPort cluster) {
        return ServerConfig.builder("node-1")
                .clients(new HostPort("127.0.0.1", 0))
                .maxPayload(2 << 20)
                .jetStream(store)
                .cluster(new Cluster(
                        "unibus",
                        cluster,
                        List.of(cluster, new HostPort("::1", 6223)),
                        Optional.of(new User.Password("route", Secret.of("p/a:s@s \"w\" \\ $x")))))
                .account(new Account("SYS", false, List.of(User.password("sys", Secret.of("s\"ys")))))
                .account(new Account("CONTROL", true, List.of(User.nkey(USER_KEY))))
                .account(new Account("BUS", false, List.of(User.password("guest", Secret.of("g")))))
                .systemAccount("SYS")
                .authCallout(new AuthCallout(ISSUER, "BUS", List.of(USER_KEY, "sys"), Duration.ofMillis(2500)))
                .debugMode(DebugMode.TRACE);
    }

    @Test
    void rendersEverythingQuoted() throws IOException {
        ServerConfig config = full(Path.of("/data/jet stream"), new HostPort("127.0.0.1", 6222))
                .build();
        assertThat(ConfigText.render(config, new RunDirectory(Path.of("/data")), 0))
                .isEqualTo(golden());
    }

    @Test
    void showsNoSecret() {
        ServerConfig config =
                full(Path.of("/data"), new HostPort("127.0.0.1", 6222)).build();
        assertThat(config.toString() + config.accounts() + config.cluster())
                .doesNotContain("p/a")
                .doesNotContain("s\"ys")
                .contains("<redacted>");
    }

    @Test
    void clientsAreLetInOverTlsOnlyWhereThereIsACertificateForThem() {
        ServerConfig config = ServerConfig.builder("n")
                .clientTls(new ClientTls("CERTIFICATE", "KEY"))
                .build();
        assertThat(ConfigText.render(config, new RunDirectory(Path.of("/data")), 0))
                .contains("""
                        tls {
                          cert_file: "/data/nats-server.clients.crt"
                          key_file: "/data/nats-server.clients.key"
                          min_version: "1.2"
                          timeout: 5
                        }
                        """)
                .doesNotContain("KEY");
        assertThat(config.clientTls().orElseThrow()).hasToString("ClientTls[<redacted>]");
    }

    @Test
    void theClientPortThatWasLearntIsKept() {
        ServerConfig config = ServerConfig.builder("n").build();
        assertThat(ConfigText.render(config, new RunDirectory(Path.of("/data")), 4321))
                .contains("\nport: 4321\n")
                .doesNotContain("jetstream")
                .doesNotContain("cluster")
                .doesNotContain("http");
    }

    @Test
    void refusesWhatDoesNotFitTogether() {
        Account account = new Account("A", false, List.of(User.password("u", Secret.of("p"))));
        refuses(ServerConfig.builder("a b"), "spaces");
        refuses(ServerConfig.builder("n").account(account).account(account), "two accounts A");
        refuses(
                ServerConfig.builder("n").account(account).account(new Account("B", false, account.users())),
                "two users u");
        refuses(ServerConfig.builder("n").account(new Account("A", true, List.of())), "no store directory");
        refuses(ServerConfig.builder("n").systemAccount("SYS"), "no system account SYS");
        refuses(ServerConfig.builder("n").noAuthUser("x"), "no user x");
        refuses(
                ServerConfig.builder("n")
                        .account(account)
                        .authCallout(new AuthCallout(ISSUER, "A", List.of("x"), Duration.ofSeconds(1))),
                "no user x");
    }

    @Test
    void refusesKeysAndTextsThatAreNone() {
        assertThatThrownBy(() -> User.nkey("SUAA")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Secret.of("a\nb")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HostPort("h", 65536)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Cluster("c", new HostPort("h", 0), List.of(), Optional.empty()))
                .hasMessageContaining("need a port");
    }

    private static void refuses(ServerConfig.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static String golden() throws IOException {
        try (InputStream in = ServerConfigTest.class.getResourceAsStream("full.conf")) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
