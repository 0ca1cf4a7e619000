package io.unibus.benchmarks;

import io.unibus.protocol.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Measures start, memory and speed of a packaged node and of a cluster of three, and prints a table. Arguments: {@code --rounds N} (5),
 * {@code --seconds N} of each load (3), {@code --root DIR} of the repository (the working directory).
 */
public final class Benchmarks {
    private static final List<Integer> CLIENTS = List.of(1, 16, 32);
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final String CALLER = someEndpoint();

    private final Path root;
    private final int rounds;
    private final Duration time;
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    private Benchmarks(Path root, int rounds, Duration time) {
        this.root = root;
        this.rounds = rounds;
        this.time = time;
    }

    /** Prints a Markdown table on standard output. */
    public static void main(String[] arguments) throws Exception {
        int rounds = 5;
        int seconds = 3;
        Path root = Path.of("");
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
                case "--seconds" -> seconds = Integer.parseInt(arguments[i + 1]);
                case "--root" -> root = Path.of(arguments[i + 1]);
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        new Benchmarks(root.toAbsolutePath().normalize(), rounds, Duration.ofSeconds(seconds)).run();
    }

    private static String someEndpoint() {
        byte[] key = new byte[32];
        new Random(1).nextBytes(key);
        return Endpoint.ofPublicKey(key).nkey();
    }

    private void run() throws Exception {
        Path directory = Files.createTempDirectory("unibus-benchmarks-");
        try {
            NodeUnderTest.start(root, Files.createDirectory(directory.resolve("first")))
                    .close(); // builds what is missing
            for (int round = 0; round < rounds; round++) {
                round(Files.createDirectory(directory.resolve("round-" + round)));
                clusterRound(Files.createDirectory(directory.resolve("cluster-" + round)));
                System.err.println("round " + (round + 1) + " of " + rounds + " done");
            }
            System.out.println("| what | median [least-most] |\n|---|---|");
            figures.forEach((what, runs) -> System.out.println("| " + what + " | " + Stats.of(runs) + " |"));
        } finally {
            delete(directory);
        }
    }

    private void round(Path directory) throws Exception {
        NodeUnderTest.start(root, directory).close(); // the first start of a directory unpacks nats-server
        try (NodeUnderTest node = NodeUnderTest.start(root, directory)) {
            add("start, ms: launcher to the line `node ready`", node.millisUntilReadyLine());
            add("start, ms: Java machine to ready", node.millisByNode());
            node.shares().forEach((part, millis) -> add("start, ms: of it " + part, millis));
            Thread.sleep(IDLE.toMillis());
            node.memory().forEach((which, mebibytes) -> add("idle, MiB: " + which, mebibytes));
            for (int clients : CLIENTS) {
                add("GET /livez, per second, " + clients(clients), reads(node, clients));
                add("POST /rooms, per second, " + clients(clients), writes(node, clients));
            }
            node.memory().forEach((which, mebibytes) -> add("after the load, MiB: " + which, mebibytes));
        }
        for (int clients : CLIENTS) {
            try (RawHttp http = new RawHttp()) {
                add("bare Undertow, per second, " + clients(clients), Load.perSecond(clients, time, number -> {
                    HttpCaller caller = new HttpCaller(http.url(), CALLER);
                    return () -> caller.get("/");
                }));
            }
            try (RawSqlite sqlite = new RawSqlite(directory.resolve("raw-" + clients + ".db"))) {
                add(
                        "bare SQLite, per second, " + clients(clients),
                        Load.perSecond(clients, time, number -> sqlite::write));
            }
        }
    }

    private void clusterRound(Path directory) throws Exception {
        try (ClusterUnderTest cluster = ClusterUnderTest.start(root, directory)) {
            add("start, ms: `bin/unibus-cluster up` with empty directories", cluster.millisUntilReady());
            try (HttpCaller caller = new HttpCaller(cluster.url(1), CALLER)) {
                caller.post("/rooms", "{\"room_id\":\"read\",\"policy\":{\"encrypted\":false}}");
            }
            for (int clients : CLIENTS) {
                add(
                        "cluster, GET /rooms/ID, per second, " + clients(clients),
                        onNodes(cluster, clients, caller -> caller.get("/rooms/read")));
                add(
                        "cluster, POST /rooms, per second, " + clients(clients),
                        onNodes(
                                cluster,
                                clients,
                                caller -> caller.post("/rooms", "{\"policy\":{\"encrypted\":false}}")));
            }
        }
        try (RawKv kv = new RawKv(Files.createDirectory(directory.resolve("raw")))) {
            for (int clients : CLIENTS) {
                add(
                        "bare direct get, per second, " + clients(clients),
                        Load.perSecond(clients, time, number -> kv::read));
                add("bare put, per second, " + clients(clients), Load.perSecond(clients, time, number -> kv::write));
            }
        }
    }

    private interface Request {
        void send(HttpCaller caller) throws IOException;
    }

    /** By clients of all three nodes in turn. */
    private double onNodes(ClusterUnderTest cluster, int clients, Request request) throws Exception {
        return Load.perSecond(clients, time, number -> {
            HttpCaller caller = new HttpCaller(cluster.url(1 + number % 3), CALLER);
            return () -> request.send(caller);
        });
    }

    private double reads(NodeUnderTest node, int clients) throws Exception {
        return Load.perSecond(clients, time, number -> {
            HttpCaller caller = new HttpCaller(node.url(), CALLER);
            return () -> caller.get("/livez");
        });
    }

    private double writes(NodeUnderTest node, int clients) throws Exception {
        return Load.perSecond(clients, time, number -> {
            HttpCaller caller = new HttpCaller(node.url(), CALLER);
            return () -> caller.post("/rooms", "{\"policy\":{\"encrypted\":false}}");
        });
    }

    private static String clients(int number) {
        return number == 1 ? "1 client" : number + " clients";
    }

    private void add(String what, double figure) {
        figures.computeIfAbsent(what, first -> new ArrayList<>()).add(figure);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
