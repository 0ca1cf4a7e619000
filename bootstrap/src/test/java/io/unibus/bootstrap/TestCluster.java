package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.embeddednats.Account;
import io.unibus.embeddednats.Cluster;
import io.unibus.embeddednats.HostPort;
import io.unibus.embeddednats.InstalledBinary;
import io.unibus.embeddednats.NatsBinary;
import io.unibus.embeddednats.NatsServer;
import io.unibus.embeddednats.ProbeLogin;
import io.unibus.embeddednats.Secret;
import io.unibus.embeddednats.ServerConfig;
import io.unibus.embeddednats.User;
import io.unibus.store.jetstream.Link;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Real servers of one cluster, or one without a cluster, each with its own store; they can be started, ended and started again. */
final class TestCluster implements AutoCloseable {
    private static final Secret PASSWORD = Secret.of("secret");
    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    private final Path root;
    private final InstalledBinary binary;
    private final List<HostPort> addresses = new ArrayList<>();
    private final List<@Nullable NatsServer> servers = Collections.synchronizedList(new ArrayList<>());
    private final List<Connection> connections = new CopyOnWriteArrayList<>();

    /** Nothing is started yet. */
    TestCluster(int size) throws IOException {
        root = Files.createTempDirectory("unibus-bootstrap-").toRealPath();
        binary = NatsBinary.bundled().installInto(root.resolve("bin"));
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            addresses.add(new HostPort("127.0.0.1", socket.getLocalPort()));
            servers.add(null);
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
    }

    static TestCluster started(int size) throws IOException {
        TestCluster cluster = new TestCluster(size);
        for (int i = 0; i < size; i++) {
            cluster.start(i);
        }
        return cluster;
    }

    static String name(int index) {
        return "n" + (index + 1);
    }

    /** Where the other servers reach this one. */
    HostPort address(int index) {
        return addresses.get(index);
    }

    List<Peer> peers() {
        return addresses.stream()
                .map(address -> new Peer(address.host(), address.port()))
                .toList();
    }

    void start(int index) {
        NatsServer server = NatsServer.builder(binary, config(index), root.resolve(name(index)))
                .probeLogin(ProbeLogin.password("control", PASSWORD))
                .build();
        server.start(START_LIMIT);
        servers.set(index, server);
    }

    void stop(int index) {
        @Nullable NatsServer server = servers.get(index);
        if (server != null) {
            server.stop();
            servers.set(index, null);
        }
    }

    String serverId(int index) {
        return server(index).serverId().orElseThrow();
    }

    long pid(int index) {
        return server(index).pid().orElseThrow();
    }

    private NatsServer server(int index) {
        @Nullable NatsServer server = servers.get(index);
        if (server == null) {
            throw new IllegalStateException(name(index) + " is not running");
        }
        return server;
    }

    private ServerConfig config(int index) {
        ServerConfig.Builder config = ServerConfig.builder(name(index))
                .jetStream(root.resolve(name(index)).resolve("jetstream"))
                .account(new Account("SYS", false, List.of(User.password("sys", PASSWORD))))
                .account(new Account("CONTROL", true, List.of(User.password("control", PASSWORD))))
                .systemAccount("SYS");
        if (addresses.size() > 1) {
            config.cluster(new Cluster("test", addresses.get(index), others(index), Optional.of((User.Password)
                    User.password("route", PASSWORD))));
        }
        return config.build();
    }

    /** A new cluster whose servers have their own address among the routes has no leader before all of them are there. */
    private List<HostPort> others(int index) {
        return addresses.stream()
                .filter(address -> !address.equals(addresses.get(index)))
                .toList();
    }

    /** A connection to that server as the account of the buckets; it is closed with the cluster. */
    Link control(int index) throws IOException, InterruptedException {
        return link(index, "control");
    }

    Link system(int index) throws IOException, InterruptedException {
        return link(index, "sys");
    }

    private Link link(int index, String user) throws IOException, InterruptedException {
        Connection connection = Nats.connect(Options.builder()
                .server("nats://" + server(index).clientAddress())
                .userInfo(user, PASSWORD.reveal())
                .connectionTimeout(Duration.ofSeconds(2))
                .maxReconnects(-1)
                .reconnectWait(Duration.ofMillis(20))
                .reconnectBufferSize(0)
                .errorListener(new ErrorListener() {})
                .build());
        connections.add(connection);
        return () -> connection;
    }

    void signal(int index, String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid(index)).start();
        assertThat(kill.waitFor()).isZero();
    }

    static void await(String what, Duration limit, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline)
                    .as(what + " within " + limit)
                    .isNegative();
            Thread.sleep(5);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            for (Connection connection : connections) {
                connection.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (int i = 0; i < servers.size(); i++) {
            stop(i);
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
