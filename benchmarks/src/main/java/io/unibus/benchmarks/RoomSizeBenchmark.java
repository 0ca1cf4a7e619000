package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.store.Store;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.JetStreamOptions;
import io.unibus.store.jetstream.JetStreamStore;
import io.unibus.store.jetstream.Servers;
import io.unibus.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures what the size of a room costs, through {@link Store} in this process: in SQLite, and in the replicated buckets on
 * three servers that it starts. Arguments: {@code --sizes N,N,...} of rooms (10,100,1000,5000); {@code --rounds N} (3), each
 * with new rooms; {@code --calls N} of each operation in a round (20); {@code --filled N} invitations one by one (1000);
 * {@code --directory DIR} in which it makes one of its own for everything, and removes it (that for temporary files).
 */
public final class RoomSizeBenchmark {
    private static final int REPLICAS = 3;
    private static final Duration OPERATION_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration MAX_STALENESS = Duration.ofSeconds(2);

    private final List<Integer> sizes;
    private final int rounds;
    private final int calls;
    private final int filled;
    private final Map<String, List<Double>> fillSeconds = new LinkedHashMap<>();
    private int nextEndpoint;

    /** What is measured of a room of one size in one store; times in milliseconds. */
    private enum Figure {
        INVITATION("invitation, p50, ms"),
        REMOVAL("removal, p50, ms"),
        REKEY("rekey of all, p50, ms"),
        READ("findRoom, p50, ms"),
        ROOMS_OF("roomsOf, p50, ms"),
        BYTES("record, bytes");

        private final String head;

        Figure(String head) {
            this.head = head;
        }
    }

    /** A store, and what is particular to it. */
    private record Subject(String name, Store store, ProjectionWait projections, RecordSize recordSize) {}

    /** Waits until the store does nothing in the background. */
    private interface ProjectionWait {
        void await() throws Exception;
    }

    /** Returns the number of bytes of a room's record; NaN where there is none. */
    private interface RecordSize {
        double of(RoomId room) throws Exception;
    }

    private RoomSizeBenchmark(List<Integer> sizes, int rounds, int calls, int filled) {
        this.sizes = sizes;
        this.rounds = rounds;
        this.calls = calls;
        this.filled = filled;
    }

    /** Prints two Markdown tables on standard output. */
    public static void main(String[] arguments) throws Exception {
        List<Integer> sizes = List.of(10, 100, 1_000, 5_000);
        int rounds = 3;
        int calls = 20;
        int filled = 1_000;
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--sizes" ->
                    sizes = Stream.of(value.split(",", -1))
                            .map(Integer::valueOf)
                            .toList();
                case "--rounds" -> rounds = Integer.parseInt(value);
                case "--calls" -> calls = Integer.parseInt(value);
                case "--filled" -> filled = Integer.parseInt(value);
                case "--directory" -> parent = Path.of(value);
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        try (ScratchDirectory directory = ScratchDirectory.create(parent)) {
            new RoomSizeBenchmark(sizes, rounds, calls, filled).run(directory);
        }
    }

    private void run(ScratchDirectory directory) throws Exception {
        String heads = Stream.of(Figure.values()).map(figure -> figure.head).collect(Collectors.joining(" | "));
        System.out.println("| store, members | " + heads + " |");
        System.out.println("|" + "---|".repeat(1 + Figure.values().length));
        try (SqliteStore store = SqliteStore.open(directory.path().resolve("rooms.db"), OPERATION_TIMEOUT)) {
            measure(new Subject("SQLite", store, () -> {}, room -> Double.NaN));
        }
        try (Servers servers = Servers.cluster(directory.child("servers"), REPLICAS)) {
            servers.createBuckets(REPLICAS);
            Connection connection = servers.connect(0);
            JetStreamOptions options = JetStreamOptions.of("n0", OPERATION_TIMEOUT, MAX_STALENESS);
            try (EntryCounter entries = new EntryCounter(connection);
                    JetStreamStore store = JetStreamStore.open(() -> connection, options)) {
                measure(new Subject("buckets", store, entries::awaitQuiet, room -> recordBytes(connection, room)));
            }
        }
        System.out.println("\n| " + filled + " invitations, one after the other, into one room | s |\n|---|---|");
        fillSeconds.forEach((store, seconds) ->
                System.out.println("| " + store + " | " + Stats.of(seconds).text(2) + " |"));
    }

    private static double recordBytes(Connection connection, RoomId room) throws Exception {
        return Objects.requireNonNull(Objects.requireNonNull(
                                connection.keyValue(Bucket.ROOMS.bucketName()).get("room." + room))
                        .getValue())
                .length;
    }

    private void measure(Subject subject) throws Exception {
        warmUp(subject);
        for (int size : sizes) {
            Map<Figure, List<Double>> figures = new LinkedHashMap<>();
            for (int round = 0; round < rounds; round++) {
                RoomId room = new RoomId("size-" + size + "-" + round);
                measureRoom(subject, room, size, calls)
                        .forEach((figure, value) -> figures.computeIfAbsent(figure, first -> new ArrayList<>())
                                .add(value));
            }
            String row = figures.entrySet().stream()
                    .map(each -> text(each.getKey(), each.getValue()))
                    .collect(Collectors.joining(" | "));
            System.out.println("| " + subject.name() + ", " + size + " | " + row + " |");
        }
        for (int round = 0; round < rounds; round++) {
            fillOneByOne(subject, new RoomId("filled-" + round));
        }
    }

    /** So that the first size is not measured on code that was just loaded. */
    private void warmUp(Subject subject) throws Exception {
        var unused = measureRoom(subject, new RoomId("warm-up"), 100, 100);
    }

    private static String text(Figure figure, List<Double> values) {
        if (values.contains(Double.NaN)) {
            return "";
        }
        return Stats.of(values).text(figure == Figure.BYTES ? 0 : 3);
    }

    /** Invites, removes and rekeys in turn, so that the room has its size again after each turn. */
    private Map<Figure, Double> measureRoom(Subject subject, RoomId room, int size, int turns) throws Exception {
        RoomOperations operations = new RoomOperations(subject.store());
        List<Endpoint> members = newEndpoints(size);
        operations.fill(room, members, true);
        subject.projections().await();
        Map<Figure, Double> figures = new LinkedHashMap<>();
        OperationTimes invitations = new OperationTimes();
        OperationTimes removals = new OperationTimes();
        OperationTimes rekeys = new OperationTimes();
        OperationTimes reads = new OperationTimes();
        OperationTimes listings = new OperationTimes();
        for (int turn = 0; turn < turns; turn++) {
            Endpoint guest = newEndpoints(1).get(0);
            SortedMap<Endpoint, SealedKey> keys = SampleRooms.sealedKeys(members);
            invitations.time(() -> operations.invite(room, guest));
            removals.time(() -> operations.remove(room, guest));
            rekeys.time(() -> operations.rekey(room, keys));
            reads.time(() -> operations.read(room));
            listings.time(() -> operations.readRoomsOf(members.get(size - 1)));
        }
        figures.put(Figure.INVITATION, invitations.p50());
        figures.put(Figure.REMOVAL, removals.p50());
        figures.put(Figure.REKEY, rekeys.p50());
        figures.put(Figure.READ, reads.p50());
        figures.put(Figure.ROOMS_OF, listings.p50());
        figures.put(Figure.BYTES, subject.recordSize().of(room));
        subject.projections().await();
        return figures;
    }

    private void fillOneByOne(Subject subject, RoomId room) throws Exception {
        RoomOperations operations = new RoomOperations(subject.store());
        List<Endpoint> endpoints = newEndpoints(1 + filled);
        operations.create(room, endpoints.get(0));
        long begin = System.nanoTime();
        endpoints.stream().skip(1).forEach(endpoint -> operations.invite(room, endpoint));
        double seconds = (System.nanoTime() - begin) / 1e9;
        fillSeconds.computeIfAbsent(subject.name(), first -> new ArrayList<>()).add(seconds);
        subject.projections().await();
    }

    /** Returns endpoints that are in no room yet. */
    private List<Endpoint> newEndpoints(int number) {
        int first = nextEndpoint;
        nextEndpoint += number;
        return IntStream.range(first, nextEndpoint)
                .mapToObj(SampleRooms::endpoint)
                .toList();
    }
}
