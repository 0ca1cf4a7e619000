package io.unibus.benchmarks;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.embeddednats.Account;
import io.unibus.embeddednats.NatsBinary;
import io.unibus.embeddednats.NatsServer;
import io.unibus.embeddednats.ServerConfig;
import io.unibus.embeddednats.User;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.RequestSignature;
import io.unibus.protocol.SignedRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Measures what bus-auth {@code enforce} costs: an authorized read beside the same in {@code off} and a bare Undertow, logins by the
 * callout beside logins by nats-server's own NKey users, and the start. Arguments: {@code --rounds N} (3), {@code --root DIR} of the
 * repository (the working directory).
 */
public final class AccessBenchmark {
    private static final List<Integer> CLIENTS = List.of(1, 16);
    /** Signed before the clock starts, and valid for 30 s. */
    private static final int READS = 10_000;

    private static final int LOGINS = 2_000;
    private static final String ROOM = "/rooms/read";

    private final Path root;
    private final int rounds;
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    private AccessBenchmark(Path root, int rounds) {
        this.root = root;
        this.rounds = rounds;
    }

    /** Prints a Markdown table on standard output. */
    public static void main(String[] arguments) throws Exception {
        int rounds = 3;
        Path root = Path.of("");
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
                case "--root" -> root = Path.of(arguments[i + 1]);
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        new AccessBenchmark(root.toAbsolutePath().normalize(), rounds).run();
    }

    private void run() throws Exception {
        for (int round = 0; round <= rounds; round++) {
            try (ScratchDirectory scratch = ScratchDirectory.create(Path.of(System.getProperty("java.io.tmpdir")))) {
                measure(scratch, "off");
                measure(scratch, "enforce");
                measureRaw(scratch);
            }
            if (round == 0) {
                figures.clear(); // warms up this process
            }
            System.err.println("round " + round + " of " + rounds + " done");
        }
        System.out.println("| what | median [least-most] |\n|---|---|");
        figures.forEach((what, runs) -> System.out.println("| " + what + " | " + Stats.of(runs) + " |"));
    }

    private void measure(ScratchDirectory scratch, String mode) throws Exception {
        Path directory = scratch.child(mode);
        Identity reader = Identity.create(directory.resolve("reader.seed"));
        NodeUnderTest.start(root, directory).close(); // the first start of a directory unpacks nats-server
        unibus(
                "user",
                "add",
                reader.endpoint().nkey(),
                "--handle",
                "reader",
                "--data-dir",
                directory.resolve("data").toString());
        try (NodeUnderTest node = NodeUnderTest.start(root, directory, "--bus-auth", mode)) {
            add("start to ready, ms, " + mode, node.millisByNode());
            ControlPlaneClient.of(node.url(), reader)
                    .createRoom(CreateRoomRequest.fromJson(
                            JsonObject.parse("{\"room_id\":\"read\",\"policy\":{\"encrypted\":false}}"
                                    .getBytes(StandardCharsets.UTF_8))));
            for (int clients : CLIENTS) {
                add(
                        "`GET " + ROOM + "`, per second, " + clients + " at a time, " + mode,
                        reads(node.url(), ROOM, reader, clients));
            }
            for (int clients : CLIENTS) {
                add(
                        "logins to the bus, per second, " + clients + " at a time, " + mode,
                        logins(node.bus(), reader, clients));
            }
        }
    }

    private void measureRaw(ScratchDirectory scratch) throws Exception {
        Path directory = scratch.child("raw");
        Identity reader = Identity.create(directory.resolve("reader.seed"));
        try (RawHttp http = new RawHttp()) {
            for (int clients : CLIENTS) {
                add("bare Undertow, per second, " + clients + " at a time", reads(http.url(), "/", reader, clients));
            }
        }
        ServerConfig config = ServerConfig.builder("raw")
                .account(new Account(
                        "BUS", false, List.of(User.nkey(reader.endpoint().nkey()))))
                .build();
        try (NatsServer server = NatsServer.builder(
                        NatsBinary.bundled().installInto(directory.resolve("bin")), config, directory.resolve("run"))
                .probeLogin(
                        io.unibus.embeddednats.ProbeLogin.nkey(reader.endpoint().nkey(), reader::sign))
                .build()) {
            server.start(Duration.ofSeconds(30));
            for (int clients : CLIENTS) {
                add(
                        "logins to a bare nats-server by NKey, per second, " + clients + " at a time",
                        logins(URI.create("nats://" + server.clientAddress()), reader, clients));
            }
        }
    }

    /** Requests are signed in every case, so that all send the same. */
    private static double reads(URI url, String path, Identity reader, int clients) throws Exception {
        ConcurrentLinkedQueue<String> signed = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < READS; i++) {
            RequestSignature signature = RequestSignature.of(
                    reader.endpoint(), Instant.now(), UUID.randomUUID().toString(), false);
            byte[] base = signature.base(SignedRequest.of("GET", url.resolve(path), Optional.empty()));
            signed.add(RequestSignature.INPUT_FIELD + ": " + signature.inputField() + "\r\n"
                    + RequestSignature.SIGNATURE_FIELD + ": " + RequestSignature.signatureField(reader.sign(base))
                    + "\r\n");
        }
        return perSecond(READS, clients, () -> {
            try (HttpCaller caller = new HttpCaller(url, reader.endpoint().nkey())) {
                for (String fields = signed.poll(); fields != null; fields = signed.poll()) {
                    caller.get(path, fields);
                }
                return null;
            }
        });
    }

    private static double logins(URI bus, Identity identity, int clients) throws Exception {
        return perSecond(LOGINS, clients, () -> {
            for (int i = 0; i < LOGINS / clients; i++) {
                BusLogin.logInAndOut(bus, identity);
            }
            return null;
        });
    }

    private static double perSecond(int count, int clients, Callable<Void> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            long begin = System.nanoTime();
            List<Future<Void>> running = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                running.add(threads.submit(work));
            }
            for (Future<Void> each : running) {
                each.get();
            }
            return count / ((System.nanoTime() - begin) / 1e9);
        } finally {
            threads.shutdownNow();
        }
    }

    private void unibus(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(root.resolve("bin/unibus").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + " failed");
        }
    }

    private void add(String what, double figure) {
        figures.computeIfAbsent(what, first -> new ArrayList<>()).add(figure);
    }
}
