package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.bootstrap.Peer;
import io.unibus.bootstrap.PeerProbes;
import io.unibus.bootstrap.Reach;
import io.unibus.embeddednats.Account;
import io.unibus.embeddednats.Cluster;
import io.unibus.embeddednats.HostPort;
import io.unibus.embeddednats.InstalledBinary;
import io.unibus.embeddednats.LogLine;
import io.unibus.embeddednats.MutualTls;
import io.unibus.embeddednats.NatsBinary;
import io.unibus.embeddednats.NatsServer;
import io.unibus.embeddednats.ProbeLogin;
import io.unibus.embeddednats.Secret;
import io.unibus.embeddednats.ServerConfig;
import io.unibus.embeddednats.ServerTrouble;
import io.unibus.embeddednats.User;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real servers whose routes are secured with certificates of authorities derived from keys of clusters. */
@Timeout(60)
final class RouteTlsIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int LOOKS = 10;
    private static final Secret PASSWORD = Secret.of("secret");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private final List<NatsServer> servers = new ArrayList<>();
    private final Queue<String> said = new ConcurrentLinkedQueue<>();
    /** Servers that speak of another authority. */
    private final Queue<String> troubled = new ConcurrentLinkedQueue<>();

    @SuppressWarnings("NullAway.Init")
    private InstalledBinary binary;

    @BeforeEach
    void install() {
        binary = NatsBinary.bundled().installInto(directory.resolve("bin"));
    }

    @AfterEach
    void stop() {
        servers.forEach(NatsServer::stop);
    }

    @Test
    void serversOfOneKeyConnectOverTls() throws Exception {
        ClusterAuthority authority = authority("A");
        HostPort first = freeAddress();
        HostPort second = freeAddress();
        start("first", first, second, Optional.of(leaf(authority)));
        start("second", second, first, Optional.of(leaf(authority)));
        await("a route over TLS", () -> said.stream().anyMatch(line -> line.contains("Route connection created")));
        assertThat(troubled).isEmpty();
    }

    @Test
    void serverOfAnotherKeyIsRefusedAndBothSaySo() throws Exception {
        HostPort first = freeAddress();
        HostPort second = freeAddress();
        start("first", first, second, Optional.of(leaf(authority("A"))));
        start("second", second, first, Optional.of(leaf(authority("E"))));
        awaitOtherAuthority("first");
        awaitOtherAuthority("second");
    }

    @Test
    void serversThatAreNotNamedInTheirCertificatesDoNotConnect() throws Exception {
        ClusterAuthority authority = authority("A");
        HostPort first = freeAddress();
        HostPort second = freeAddress();
        start("first", first, second, Optional.of(authority.issue("first", List.of("a.example"), RANDOM)));
        start("second", second, first, Optional.of(authority.issue("second", List.of("b.example"), RANDOM)));
        awaitOtherAuthority("first");
        awaitOtherAuthority("second");
    }

    @Test
    void serverWithoutTlsIsRefusedAndTheOtherSaysSo() throws Exception {
        HostPort first = freeAddress();
        HostPort second = freeAddress();
        start("first", first, second, Optional.of(leaf(authority("A"))));
        start("second", second, first, Optional.empty());
        awaitOtherAuthority("first");
    }

    @Test
    void certificateForAnotherHostIsRefused() throws Exception {
        ClusterAuthority authority = authority("A");
        HostPort first = freeAddress();
        start("first", first, first, Optional.of(authority.issue("first", List.of("elsewhere.example"), RANDOM)));
        assertThat(probe(first, Optional.of(leaf(authority)))).isEqualTo(Reach.Status.STRANGER);
    }

    @Test
    void probeTellsServersOfTheOwnKeyFromOthers() throws Exception {
        ClusterAuthority authority = authority("A");
        HostPort secured = freeAddress();
        HostPort plain = freeAddress();
        start("secured", secured, secured, Optional.of(leaf(authority)));
        start("plain", plain, plain, Optional.empty());
        Optional<ClusterAuthority.Leaf> own = Optional.of(leaf(authority));
        assertThat(probe(secured, own)).isEqualTo(Reach.Status.REACHABLE);
        assertThat(probe(secured, Optional.of(leaf(authority("E"))))).isEqualTo(Reach.Status.STRANGER);
        assertThat(probe(plain, own)).isEqualTo(Reach.Status.STRANGER);
        assertThat(probe(plain, Optional.empty())).isEqualTo(Reach.Status.REACHABLE);
        assertThat(probe(freeAddress(), own)).isEqualTo(Reach.Status.DEAD);
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(probe(new HostPort("127.0.0.1", silent.getLocalPort()), own))
                    .isEqualTo(Reach.Status.PAUSED);
        }
    }

    @Test
    void afterTheFirstHandshakeWithItselfALookIsLongEnough() throws Exception {
        ClusterAuthority authority = authority("A");
        HostPort address = freeAddress();
        start("first", address, address, Optional.of(leaf(authority)));
        ClusterAuthority.Leaf own = leaf(authority);
        try (PeerProbes probes = new PeerProbes(() -> Optional.of(own.context()))) {
            probes.warmUp();
            List<Peer> peer = List.of(new Peer(address.host(), address.port()));
            await("the end of the first handshake", () -> look(probes, peer).status() != Reach.Status.UNKNOWN);
            assertThat(look(probes, peer).serverName()).isEqualTo("first");
        }
    }

    @Test
    void filesOfTheCertificateAreForTheirOwnerOnly() throws Exception {
        HostPort first = freeAddress();
        start("first", first, first, Optional.of(leaf(authority("A"))));
        for (String file : List.of("nats-server.routes.key", "nats-server.routes.crt", "nats-server.conf")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(
                            directory.resolve("first").resolve(file))))
                    .as(file)
                    .isEqualTo("rw-------");
        }
    }

    private static Reach look(PeerProbes probes, List<Peer> peer) {
        try {
            return probes.probe(peer).get(0);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first handshake of a Java machine takes longer than a look may: then nothing is known yet. */
    private static Reach.Status probe(HostPort address, Optional<ClusterAuthority.Leaf> own)
            throws InterruptedException {
        try (PeerProbes probes = new PeerProbes(() -> own.map(ClusterAuthority.Leaf::context))) {
            Reach.Status status = Reach.Status.UNKNOWN;
            for (int look = 0; look < LOOKS && status == Reach.Status.UNKNOWN; look++) {
                status = probes.probe(List.of(new Peer(address.host(), address.port())))
                        .get(0)
                        .status();
            }
            return status;
        }
    }

    private void awaitOtherAuthority(String server) throws InterruptedException {
        await("word of another authority from " + server, () -> troubled.contains(server));
        assertThat(said).noneMatch(line -> line.startsWith(server + ": ") && line.contains("Route connection created"));
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as(what + "; said: " + String.join("\n", said))
                    .isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private void start(String name, HostPort listen, HostPort route, Optional<ClusterAuthority.Leaf> certificate) {
        ServerConfig config = ServerConfig.builder(name)
                .account(new Account("APP", false, List.of(new User.Password("app", PASSWORD))))
                .cluster(new Cluster(
                        "c",
                        listen,
                        List.of(route),
                        Optional.empty(),
                        certificate.map(
                                leaf -> new MutualTls(leaf.certificatePem(), leaf.keyPem(), leaf.authorityPem()))))
                .build();
        NatsServer server = NatsServer.builder(binary, config, directory.resolve(name))
                .probeLogin(ProbeLogin.password("app", PASSWORD))
                .logListener(line -> said(name, line))
                .build();
        servers.add(server);
        server.start(LIMIT);
    }

    private void said(String server, LogLine line) {
        said.add(server + ": " + line.message());
        ServerTrouble.of(line)
                .filter(trouble -> trouble.kind() == ServerTrouble.Kind.OTHER_AUTHORITY)
                .ifPresent(trouble -> troubled.add(server));
    }

    private static ClusterAuthority.Leaf leaf(ClusterAuthority authority) {
        return authority.issue("node", List.of("127.0.0.1"), RANDOM);
    }

    private ClusterAuthority authority(String character) throws IOException {
        Path file = directory.resolve("key-" + character);
        if (!Files.exists(file)) {
            Files.writeString(file, "unibus-cluster-key-1:" + character.repeat(42) + "A");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return ClusterAuthority.of(ClusterKey.loadExisting(file));
    }

    private static HostPort freeAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new HostPort("127.0.0.1", socket.getLocalPort());
        }
    }
}
