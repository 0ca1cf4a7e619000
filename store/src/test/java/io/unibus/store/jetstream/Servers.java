package io.unibus.store.jetstream;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamOptions;
import io.nats.client.KeyValueManagement;
import io.nats.client.KeyValueOptions;
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
import io.unibus.embeddednats.ServerState;
import io.unibus.embeddednats.User;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Real servers of one test, alone or as a cluster on loopback, each supervised as in a node. Who started them closes
 * them, and with them the connections that were made through them.
 */
public final class Servers implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration ATTEMPT = Duration.ofMillis(150);
    private static final Secret PASSWORD = Secret.of("control-password");
    private static final Secret SYSTEM_PASSWORD = Secret.of("system-password");

    private final Path directory;
    private final InstalledBinary binary;
    private final List<HostPort> clients;
    private final List<HostPort> routes;
    private final @Nullable NatsServer[] servers;
    private final Queue<Connection> connections = new ConcurrentLinkedQueue<>();

    private Servers(Path directory, int count) {
        List<HostPort> ports = freePorts(2 * count);
        this.directory = directory;
        this.binary = NatsBinary.bundled().installInto(directory.resolve("bin"));
        this.clients = ports.subList(0, count);
        this.routes = ports.subList(count, 2 * count);
        this.servers = new @Nullable NatsServer[count];
    }

    /** One server, ready. */
    public static Servers single(Path directory) {
        return cluster(directory, 1);
    }

    /** A cluster whose servers are ready; whether they have found their leader, {@link #createBuckets} shows. */
    public static Servers cluster(Path directory, int count) {
        Servers servers = new Servers(directory, count);
        try {
            servers.all(servers::start);
            return servers;
        } catch (RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    public int count() {
        return servers.length;
    }

    public NatsServer server(int index) {
        NatsServer server = servers[index];
        if (server == null) {
            throw new IllegalStateException("server " + index + " was not started");
        }
        return server;
    }

    /** Starts a server, for the first time or after {@link #stop}, on the same ports; returns when it is ready. */
    public void start(int index) {
        ServerConfig.Builder config = ServerConfig.builder("n" + index)
                .clients(clients.get(index))
                .jetStream(home(index).resolve("jetstream"))
                .account(new Account("CONTROL", true, List.of(User.password("control", PASSWORD))))
                .account(new Account("SYS", false, List.of(User.password("system", SYSTEM_PASSWORD))))
                .systemAccount("SYS");
        if (servers.length > 1) {
            config.cluster(new Cluster("test", routes.get(index), routes, Optional.empty()));
        }
        NatsServer server = NatsServer.builder(binary, config.build(), home(index))
                .probeLogin(ProbeLogin.password("control", PASSWORD))
                .build();
        servers[index] = server;
        server.start(LIMIT);
    }

    /** Stops a server as planned: it hands its leaderships over. */
    public void stop(int index) {
        server(index).stop();
    }

    /** Kills the child, which is then started again by its supervisor; does not wait for either. */
    public void kill(int index) {
        signal("KILL", index);
    }

    /** Kills the child; returns when another one is ready. */
    public void killAndAwaitRestart(int index) {
        int before = server(index).restarts();
        kill(index);
        await(
                "restart of server " + index,
                () -> server(index).restarts() > before && server(index).state() == ServerState.READY);
    }

    /** Stops the child's threads until {@link #resume}; its sockets stay open. */
    public void pause(int index) {
        signal("STOP", index);
    }

    public void resume(int index) {
        signal("CONT", index);
    }

    /** Connects to this server and no other. */
    public Connection connect(int index) {
        return connect(options(index).build());
    }

    /** Connects to any of the servers. */
    public Connection connectToAny() {
        return connect(options(clients).build());
    }

    /** How to connect to one server: quick to reconnect, for ever, and without a buffer for the time in between. */
    public Options.Builder options(int index) {
        return options(clients.subList(index, index + 1));
    }

    private static Options.Builder options(List<HostPort> addresses) {
        return new Options.Builder()
                .servers(addresses.stream().map(address -> "nats://" + address).toArray(String[]::new))
                .userInfo("control", PASSWORD.reveal())
                .maxReconnects(-1)
                .reconnectWait(Duration.ofMillis(20))
                .reconnectJitter(Duration.ofMillis(10))
                .reconnectBufferSize(0)
                .connectionTimeout(Duration.ofSeconds(2))
                .pingInterval(Duration.ofSeconds(1))
                .maxPingsOut(2)
                .ignoreDiscoveredServers()
                .errorListener(new ErrorListener() {});
    }

    public Connection connect(Options options) {
        try {
            Connection connection = Nats.connect(options);
            connections.add(connection);
            return connection;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Creates the five buckets, which waits for the leaders that this needs. */
    public void createBuckets(int replicas) {
        Connection connection = connect(0);
        for (Bucket bucket : Bucket.values()) {
            createBucket(connection, bucket, replicas);
        }
    }

    /** Creates one bucket, or finds it as it is to be. */
    public static void createBucket(Connection connection, Bucket bucket, int replicas) {
        await("creation of " + bucket, () -> isCreated(connection, bucket, replicas));
    }

    private static boolean isCreated(Connection connection, Bucket bucket, int replicas) {
        try {
            connection.jetStreamManagement().addStream(bucket.configuration(replicas));
            return true;
        } catch (IOException | JetStreamApiException e) {
            return false;
        }
    }

    /** Removes everything from the five buckets; their revisions go on from where they were. */
    public static void emptyBuckets(Connection connection) throws IOException, JetStreamApiException {
        for (Bucket bucket : Bucket.values()) {
            connection.jetStreamManagement().purgeStream(bucket.stream());
        }
    }

    /** The management of buckets, each call of which is one short attempt. */
    public static KeyValueManagement management(Connection connection) throws IOException {
        return connection.keyValueManagement(
                KeyValueOptions.builder().jetStreamOptions(attempt()).build());
    }

    /** The index of the server that leads a bucket's stream now; waits for one. */
    public int leaderOf(Connection connection, Bucket bucket) {
        await("leader of " + bucket, () -> findLeader(connection, bucket).isPresent());
        return findLeader(connection, bucket).orElseThrow();
    }

    private static OptionalInt findLeader(Connection connection, Bucket bucket) {
        try {
            String name = connection
                    .jetStreamManagement(attempt())
                    .getStreamInfo(bucket.stream())
                    .getClusterInfo()
                    .getLeader();
            return name == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(name.substring(1)));
        } catch (IOException | JetStreamApiException e) {
            return OptionalInt.empty();
        }
    }

    private static JetStreamOptions attempt() {
        return JetStreamOptions.builder().requestTimeout(ATTEMPT).build();
    }

    /** Waits for a condition, and fails after 20 seconds. */
    public static void await(String what, BooleanSupplier condition) {
        await(what, LIMIT, condition);
    }

    /** Waits for a condition, and fails after the limit. */
    public static void await(String what, Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("no " + what + " within " + limit);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    @Override
    public void close() {
        connections.forEach(Servers::close);
        all(index -> {
            NatsServer server = servers[index];
            if (server != null) {
                server.pid().ifPresent(pid -> signal("CONT", pid));
                server.close();
            }
        });
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void all(IntConsumer action) {
        CompletableFuture.allOf(IntStream.range(0, servers.length)
                        .mapToObj(index -> CompletableFuture.runAsync(
                                () -> action.accept(index), task -> new Thread(task, "test-server-" + index).start()))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
    }

    private Path home(int index) {
        return directory.resolve("n" + index);
    }

    private void signal(String name, int index) {
        signal(name, server(index).pid().orElseThrow());
    }

    private static void signal(String name, long pid) {
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(cause);
    }

    /** Ports that were free together a moment ago: the servers of a cluster must know each other's up front. */
    private static List<HostPort> freePorts(int count) {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            List<HostPort> ports = sockets.stream()
                    .map(socket -> new HostPort("127.0.0.1", socket.getLocalPort()))
                    .toList();
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
