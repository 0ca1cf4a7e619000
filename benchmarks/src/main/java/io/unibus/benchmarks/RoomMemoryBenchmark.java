package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.store.jetstream.JetStreamOptions;
import io.unibus.store.jetstream.JetStreamStore;
import io.unibus.store.jetstream.Servers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Measures the memory of the replicated store's view of rooms: the heap in use after garbage collection with the rooms, less that
 * without any. Each time another store has filled the buckets and is closed. Arguments: {@code --rounds N} (1), {@code --share N}
 * to fill only the Nth part of the rooms (1), {@code --directory DIR} in which it makes one of its own for everything, and
 * removes it (that for temporary files).
 */
public final class RoomMemoryBenchmark {
    private static final int REPLICAS = 3;
    private static final Duration OPERATION_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration MAX_STALENESS = Duration.ofSeconds(2);
    private static final Duration REPAIR_INTERVAL = Duration.ofSeconds(2);
    private static final Duration REPAIR_GRACE = Duration.ofMinutes(10);
    /** As long as the least heap is not undercut: the first repair, and what it forgets, is over by then. */
    private static final int STEADY_SECONDS = 15;
    /** Fewer than the memberships of which a store remembers that it has yet to write their projections. */
    private static final int MOST_PENDING = 40_000;

    private static final List<Population> POPULATIONS = List.of(
            new Population("20 rooms of 5,000, each endpoint in one room", 20, 5_000, false),
            new Population("20 rooms of 5,000, each endpoint in all rooms", 20, 5_000, true),
            new Population("2,000 rooms of 10, each endpoint in one room", 2_000, 10, false));

    private final int share;
    private final ScratchDirectory directory;
    private int nextDirectory;

    /** Rooms of one size, whose members are all different or the same in each. */
    private record Population(String name, int rooms, int members, boolean shared) {
        List<Endpoint> membersOf(int room) {
            int first = shared ? 0 : room * members;
            return IntStream.range(first, first + members)
                    .mapToObj(SampleRooms::endpoint)
                    .toList();
        }
    }

    private RoomMemoryBenchmark(int share, ScratchDirectory directory) {
        this.share = share;
        this.directory = directory;
    }

    /** Prints a Markdown table on standard output. */
    public static void main(String[] arguments) throws Exception {
        int rounds = 1;
        int share = 1;
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--rounds" -> rounds = Integer.parseInt(arguments[i + 1]);
                case "--share" -> share = Integer.parseInt(arguments[i + 1]);
                case "--directory" -> parent = Path.of(arguments[i + 1]);
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        try (ScratchDirectory directory = ScratchDirectory.create(parent)) {
            RoomMemoryBenchmark benchmark = new RoomMemoryBenchmark(share, directory);
            System.out.println("| rooms | heap, MiB | bytes a member |\n|---|---|---|");
            for (Population population : POPULATIONS) {
                benchmark.measure(population, rounds);
            }
        }
    }

    private void measure(Population population, int rounds) throws Exception {
        int rooms = Math.max(1, population.rooms() / share);
        List<Double> mebibytes = new ArrayList<>();
        List<Double> perMember = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            double bytes = bytes(population, rooms);
            mebibytes.add(bytes / (1 << 20));
            perMember.add(bytes / rooms / population.members());
        }
        String part = share == 1 ? "" : String.format(Locale.ROOT, " (only %,d rooms)", rooms);
        System.out.println("| " + population.name() + part + " | "
                + Stats.of(mebibytes).text(1) + " | " + Stats.of(perMember) + " |");
    }

    private double bytes(Population population, int rooms) throws Exception {
        try (Servers servers = Servers.cluster(directory.child("servers-" + nextDirectory++), REPLICAS)) {
            servers.createBuckets(REPLICAS);
            Connection connection = servers.connect(0);
            double without = heapWithStore(connection, 0);
            fill(connection, population, rooms);
            return heapWithStore(connection, rooms) - without;
        }
    }

    private static void fill(Connection connection, Population population, int rooms) throws Exception {
        try (EntryCounter entries = new EntryCounter(connection);
                JetStreamStore store = JetStreamStore.open(
                        () -> connection, JetStreamOptions.of("n0", OPERATION_TIMEOUT, MAX_STALENESS))) {
            RoomOperations operations = new RoomOperations(store);
            int pending = 0;
            for (int room = 0; room < rooms; room++) {
                pending += population.members();
                if (pending > MOST_PENDING) {
                    var unused = entries.awaitQuiet();
                    pending = population.members();
                }
                operations.fill(id(room), population.membersOf(room), false);
            }
            var unused = entries.awaitQuiet();
        }
    }

    /** Returns the bytes of the heap that are in use while a store with these rooms is open, once that is steady. */
    private static double heapWithStore(Connection connection, int rooms) throws InterruptedException {
        JetStreamOptions options = new JetStreamOptions(
                "n1",
                OPERATION_TIMEOUT,
                MAX_STALENESS,
                REPAIR_INTERVAL,
                REPAIR_GRACE,
                System::nanoTime,
                new SecureRandom());
        try (JetStreamStore store = JetStreamStore.open(() -> connection, options)) {
            for (int room = 0; room < rooms; room++) {
                var unused = store.findRoom(id(room)).orElseThrow();
            }
            long least = Long.MAX_VALUE;
            for (int seconds = 0; seconds < STEADY_SECONDS; seconds++) {
                Thread.sleep(1_000);
                long used = usedHeap();
                if (used < least - least / 100) {
                    seconds = 0;
                }
                least = Math.min(least, used);
            }
            return least;
        }
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static RoomId id(int room) {
        return new RoomId("room-" + room);
    }
}
