package io.unibus.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Every node in a network namespace of its own, joined by a bridge in a further one; nothing of it is seen outside. A cut
 * makes packets vanish without a trace, as a dead switch does: the two stations know each other by an address that no
 * station has. The test reaches the HTTP and the nats-server of each node through a {@link Relay}, which no cut touches. Skips the test where
 * namespaces cannot be made.
 */
final class NamespaceNetwork implements ClusterNetwork, AutoCloseable {
    private static final String PREFIX = "unibus-";
    private static final String NETWORK = "10.77.0.";
    private static final String NOBODY = "02:00:00:00:00:ff";
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name = PREFIX + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + "-";
    private final int size;
    private final LoopbackNetwork outside;
    private final Path directory;
    private final List<Process> processes = new ArrayList<>();
    private final List<Relay> relays = new ArrayList<>();

    private NamespaceNetwork(int size, LoopbackNetwork outside, Path directory) {
        this.size = size;
        this.outside = outside;
        this.directory = directory;
    }

    /** @param outside where the test reaches the nodes */
    static NamespaceNetwork of(int size, LoopbackNetwork outside) {
        removeLeftovers();
        try {
            // Short: a socket's path has at most 107 bytes.
            NamespaceNetwork network = new NamespaceNetwork(size, outside, Files.createTempDirectory("unibus-relays"));
            network.makeOrSkip();
            return network;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of test runs that were killed. */
    private static void removeLeftovers() {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (Stream<Path> all = Files.list(NAMESPACES)) {
            all.map(path -> path.getFileName().toString())
                    .filter(namespace -> namespace.matches(PREFIX + "\\d+-\\d+-.*"))
                    .filter(namespace -> ProcessHandle.of(
                                    Long.parseLong(namespace.split("-", -1)[1]))
                            .isEmpty())
                    .forEach(namespace -> Command.problemOf(List.of("ip", "netns", "del", namespace)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void makeOrSkip() {
        String problem = Command.problemOf(List.of("ip", "netns", "add", name + "bridge"));
        if (problem.isEmpty()) {
            try {
                make();
                return;
            } catch (AssertionError e) {
                problem = e.getMessage();
            }
        }
        close();
        Assumptions.abort("this user cannot make network namespaces: " + problem);
    }

    private void make() {
        inBridge("link", "add", "bridge", "type", "bridge");
        inBridge("link", "set", "bridge", "up");
        for (int node = 1; node <= size; node++) {
            ip("netns", "add", name + node);
            String port = "port" + node;
            ip("link add name eth0 netns %s address %s type veth peer name %s netns %sbridge"
                    .formatted(name + node, station(node), port, name)
                    .split(" ", -1));
            inBridge("link", "set", port, "master", "bridge");
            inBridge("link", "set", port, "up");
            in(node, "addr", "add", NETWORK + node + "/24", "dev", "eth0");
            in(node, "link", "set", "lo", "up");
            in(node, "link", "set", "eth0", "up");
        }
        heal();
        for (int node = 1; node <= size; node++) {
            openDoors(node);
        }
    }

    /** To HTTP and to nats-server. */
    private void openDoors(int node) {
        Map<Path, Integer> doors = Map.of(
                directory.resolve(node + "h"), HTTP_PORT,
                directory.resolve(node + "n"), NATS_PORT);
        List<String> command = new ArrayList<>(on(node));
        command.addAll(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-Xmx32m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Relay.class.getName()));
        doors.forEach((socket, port) -> command.addAll(List.of(socket.toString(), host(node), port.toString())));
        try {
            processes.add(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            throw new AssertionError(e.toString(), e);
        }
        doors.forEach((socket, port) -> {
            Await.until("the relay into " + name + node, LIMIT, () -> Files.exists(socket));
            relays.add(
                    Relay.start(new InetSocketAddress(outside.host(node), port), UnixDomainSocketAddress.of(socket)));
        });
    }

    private static String station(int node) {
        return "02:00:00:00:00:%02x".formatted(node);
    }

    @Override
    public List<String> on(int node) {
        return List.of("ip", "netns", "exec", name + node);
    }

    @Override
    public String clusterAddress(int node) {
        return NETWORK + node + ":" + CLUSTER_PORT;
    }

    @Override
    public String host(int node) {
        return "127.0.0.1";
    }

    @Override
    public URI url(int node) {
        return outside.url(node);
    }

    @Override
    public String nats(int node) {
        return outside.nats(node);
    }

    @Override
    public void cut(int one, int other) {
        pointTo(one, other, NOBODY);
        pointTo(other, one, NOBODY);
    }

    @Override
    public void heal() {
        for (int one = 1; one <= size; one++) {
            for (int other = 1; other <= size; other++) {
                if (one != other) {
                    pointTo(one, other, station(other));
                }
            }
        }
    }

    private void pointTo(int one, int other, String station) {
        in(one, "neigh", "replace", NETWORK + other, "lladdr", station, "dev", "eth0", "nud", "permanent");
    }

    private void in(int node, String... arguments) {
        inNamespace(name + node, arguments);
    }

    private void inBridge(String... arguments) {
        inNamespace(name + "bridge", arguments);
    }

    private static void inNamespace(String namespace, String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "-n", namespace));
        command.addAll(List.of(arguments));
        Command.run(command);
    }

    private static void ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Command.run(command);
    }

    /** Ends the relays and removes the namespaces, and with them all that is in them. */
    @Override
    public void close() {
        for (Process process : processes) {
            process.destroy();
            try {
                process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        try {
            for (Relay relay : relays) {
                relay.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int node = 1; node <= size; node++) {
            Command.problemOf(List.of("ip", "netns", "del", name + node));
        }
        Command.problemOf(List.of("ip", "netns", "del", name + "bridge"));
        Scenario.delete(directory);
    }
}
