package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.RoomId;
import io.unibus.store.jetstream.Bucket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Measures what a change of a room costs in a cluster of three packaged nodes, beside raw puts to a bucket of the same servers,
 * in turn with the changes. One client waits for each answer. Arguments: {@code --rounds N} (3), each with a new cluster;
 * {@code --changes N} of each kind in a round (200); {@code --root DIR} of the repository (the working directory);
 * {@code --jar FILE} of another build than that of the repository.
 */
public final class RoomCostBenchmark {
    private static final List<Integer> REKEY_SIZES = List.of(3, 30, 300);
    private static final Endpoint OWNER = SampleRooms.endpoint(0);
    /** Of each kind of change, before what is measured. */
    private static final int WARM_UPS = 300;
    /** So many endpoints are invited into one room, so that the rooms stay small. */
    private static final int INVITATIONS_PER_ROOM = 10;

    private final Path root;
    private final int rounds;
    private final int changes;
    private final Map<String, String> environment;
    private final Map<String, Figures> figures = new LinkedHashMap<>();

    /** What the rounds measured of one kind of change; times in milliseconds. */
    private record Figures(
            List<Double> change, List<Double> raw, List<Double> ratio, Map<Bucket, List<Double>> entries) {
        Figures() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>());
        }

        String row() {
            String perBucket = entries.values().stream()
                    .map(each -> Stats.of(each).text(2))
                    .collect(Collectors.joining(" | "));
            return Stats.of(change).text(2) + " | " + Stats.of(raw).text(2) + " | "
                    + Stats.of(ratio).text(2) + " | " + perBucket;
        }
    }

    private RoomCostBenchmark(Path root, int rounds, int changes, Map<String, String> environment) {
        this.root = root;
        this.rounds = rounds;
        this.changes = changes;
        this.environment = environment;
    }

    /** Prints a Markdown table on standard output. */
    public static void main(String[] arguments) throws Exception {
        int rounds = 3;
        int changes = 200;
        Path root = Path.of("");
        Map<String, String> environment = Map.of();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
                case "--changes" -> changes = Integer.parseInt(arguments[i + 1]);
                case "--root" -> root = Path.of(arguments[i + 1]);
                case "--jar" ->
                    environment = Map.of(
                            "UNIBUS_JAR",
                            Path.of(arguments[i + 1]).toAbsolutePath().toString());
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        new RoomCostBenchmark(root.toAbsolutePath().normalize(), rounds, changes, environment).run();
    }

    private void run() throws Exception {
        try (ScratchDirectory directory = ScratchDirectory.create(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (int round = 1; round <= rounds; round++) {
                Path child = directory.child("round-" + round);
                try (ClusterUnderTest cluster = ClusterUnderTest.start(root, child, environment)) {
                    measure(cluster);
                }
                System.err.println("round " + round + " of " + rounds + " done");
            }
        }
        print();
    }

    private void measure(ClusterUnderTest cluster) throws Exception {
        Connection connection = ControlLogin.connect(cluster.natsAddress(1), cluster.clusterKey());
        try (HttpCaller caller = new HttpCaller(cluster.url(1), OWNER.nkey());
                EntryCounter entries = new EntryCounter(connection)) {
            RawPut raw = RawPut.create(connection, Bucket.ROOMS.bucketName());
            new Round(caller, raw, entries).run();
        } finally {
            connection.close();
        }
    }

    private void print() {
        List<String> heads = new ArrayList<>(List.of("change", "p50, ms", "raw put in turn, p50, ms", "ratio"));
        for (Bucket bucket : Bucket.values()) {
            heads.add("entries, " + bucket.bucketName());
        }
        System.out.println("| " + String.join(" | ", heads) + " |");
        System.out.println("|" + "---|".repeat(heads.size()));
        figures.forEach((what, measured) -> System.out.println("| " + what + " | " + measured.row() + " |"));
    }

    private void add(String what, OperationTimes change, OperationTimes raw, Map<Bucket, Double> entries) {
        Figures of = figures.computeIfAbsent(what, first -> new Figures());
        of.change().add(change.p50());
        of.raw().add(raw.p50());
        of.ratio().add(change.p50() / raw.p50());
        entries.forEach((bucket, number) ->
                of.entries().computeIfAbsent(bucket, first -> new ArrayList<>()).add(number));
    }

    /** The request that makes one change. */
    private record Request(String path, String body, int status) {}

    /** What is measured on one cluster. */
    private final class Round {
        private final HttpCaller caller;
        private final RawPut raw;
        private final EntryCounter entries;

        Round(HttpCaller caller, RawPut raw, EntryCounter entries) {
            this.caller = caller;
            this.raw = raw;
            this.entries = entries;
        }

        void run() throws Exception {
            for (boolean encrypted : List.of(false, true)) {
                measureCreations(encrypted);
            }
            for (boolean encrypted : List.of(false, true)) {
                measureInvitations(encrypted);
            }
            for (int members : REKEY_SIZES) {
                measureRekeys(members);
            }
        }

        private void measureCreations(boolean encrypted) throws Exception {
            measure(
                    "`POST /rooms`, " + kind(encrypted),
                    number -> creation("created-" + kind(encrypted) + "-" + number, encrypted));
        }

        private void measureInvitations(boolean encrypted) throws Exception {
            String prefix = "invited-" + kind(encrypted) + "-";
            for (int room = 0; room * INVITATIONS_PER_ROOM < WARM_UPS + changes; room++) {
                send(creation(prefix + room, encrypted));
            }
            measure(
                    "`POST /rooms/ID/members`, " + kind(encrypted),
                    number -> invitation(prefix + number / INVITATIONS_PER_ROOM, 1 + number, encrypted));
        }

        private void measureRekeys(int size) throws Exception {
            String room = "rekeyed-" + size;
            send(creation(room, true));
            for (int number = 1; number < size; number++) {
                send(invitation(room, number, true));
            }
            List<Endpoint> members =
                    IntStream.range(0, size).mapToObj(SampleRooms::endpoint).toList();
            measure(
                    "`POST /rooms/ID/rekey`, " + size + " members",
                    number -> rekey(room, new Epoch(2 + number), members));
        }

        private void measure(String what, IntFunction<Request> requests) throws Exception {
            Map<Bucket, Long> before = entries.awaitQuiet();
            OperationTimes raws = new OperationTimes();
            OperationTimes sent = new OperationTimes();
            for (int number = 0; number < WARM_UPS + changes; number++) {
                if (number == WARM_UPS) {
                    raws.clear();
                    sent.clear();
                }
                Request request = requests.apply(number);
                raws.time(raw::write);
                sent.time(() -> send(request));
            }
            Map<Bucket, Double> perChange = new LinkedHashMap<>();
            entries.awaitQuiet()
                    .forEach((bucket, count) -> perChange.put(
                            bucket,
                            (count - Objects.requireNonNull(before.get(bucket))) / (double) (WARM_UPS + changes)));
            add(what, sent, raws, perChange);
        }

        private void send(Request request) throws IOException {
            caller.post(request.path(), request.body(), request.status());
        }
    }

    private static String kind(boolean encrypted) {
        return encrypted ? "encrypted" : "unencrypted";
    }

    private static Request creation(String room, boolean encrypted) {
        return new Request("/rooms", json(SampleRooms.creation(new RoomId(room), OWNER, encrypted)::writeFields), 201);
    }

    private static Request invitation(String room, int number, boolean encrypted) {
        return new Request(
                "/rooms/" + room + "/members",
                json(SampleRooms.invitation(SampleRooms.endpoint(number), Epoch.FIRST, encrypted)::writeFields),
                201);
    }

    private static Request rekey(String room, Epoch next, List<Endpoint> members) {
        return new Request("/rooms/" + room + "/rekey", json(SampleRooms.rekey(next, members)::writeFields), 200);
    }

    private static String json(Consumer<JsonWriter> fields) {
        return new String(JsonWriter.object(fields), StandardCharsets.UTF_8);
    }
}
