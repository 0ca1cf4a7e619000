package io.unibus.benchmarks;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.PublishOptions;
import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.KvTarget;
import io.unibus.store.jetstream.Servers;
import io.unibus.store.migration.Migration;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.sqlite.SqliteTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Migrates a large SQLite store into three servers of this process's own, and then writes as many entries of the same sizes
 * into three others, with nothing around them. Arguments: number of records (1,000,000), directory in which it makes one
 * of its own for everything, and removes it (that for temporary files). To be run with {@code -Xmx256m}, which is the limit
 * that it shows.
 */
public final class MigrationBenchmark {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int REPLICAS = 3;
    private static final int IN_FLIGHT = 256;

    private MigrationBenchmark() {}

    /** Prints what was measured on standard output. */
    public static void main(String[] arguments) throws Exception {
        int records = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        Path parent = Path.of(arguments.length > 1 ? arguments[1] : System.getProperty("java.io.tmpdir"));
        Path directory = Files.createTempDirectory(parent, "migration-");
        try {
            measure(new SyntheticControlPlane(records), directory);
        } finally {
            remove(directory);
        }
    }

    private static void measure(SyntheticControlPlane source, Path directory) throws Exception {
        Path database = directory.resolve("unibus.db");
        long begun = System.nanoTime();
        try (SqliteTarget target = SqliteTarget.open(database, PATIENCE)) {
            target.importFrom(source, Progress.NONE);
        }
        print("import into SQLite", source.count(), "records", begun);
        try (Servers servers = cluster(directory.resolve("migrated"))) {
            migrate(database, servers.connect(0), source);
        }
        try (Servers servers = cluster(directory.resolve("raw"))) {
            Connection connection = servers.connect(0);
            begun = System.nanoTime();
            putRaw(connection, source);
            print("raw pipelined puts", source.entries(), "entries", begun);
        }
        System.out.printf(
                Locale.ROOT, "largest heap: %d MiB%n", Runtime.getRuntime().maxMemory() >> 20);
    }

    private static Servers cluster(Path directory) throws IOException {
        Servers servers = Servers.cluster(Files.createDirectory(directory), REPLICAS);
        servers.createBuckets(REPLICAS);
        return servers;
    }

    private static void migrate(Path database, Connection connection, SyntheticControlPlane source) {
        Steps steps = new Steps();
        long begun = System.nanoTime();
        try (KvTarget target = KvTarget.open(() -> connection, PATIENCE)) {
            Migration.Report report = new Migration(database, target, Clock.systemUTC(), PATIENCE, steps).run(true);
            if (!report.isEqual()) {
                throw new IllegalStateException("not equal: " + report.after());
            }
        }
        steps.print();
        print("migration, everything", source.entries(), "entries", begun);
    }

    /** How long each step took until the next began. */
    private static final class Steps implements Progress {
        private final Map<Step, Long> nanos = new EnumMap<>(Step.class);
        private @Nullable Step current;
        private long since = System.nanoTime();

        @Override
        public void at(Step step, long done, long total) {
            if (step != current) {
                end();
                current = step;
            }
        }

        private void end() {
            long now = System.nanoTime();
            Step ended = current;
            if (ended != null) {
                nanos.merge(ended, now - since, Long::sum);
            }
            since = now;
        }

        void print() {
            end();
            nanos.forEach((step, time) -> System.out.printf(Locale.ROOT, "  %s: %.1f s%n", step, time / 1e9));
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** What a migration of the same records writes, in the same order of kinds, of the same sizes, and nothing else. */
    private static void putRaw(Connection connection, SyntheticControlPlane source) throws Exception {
        JetStream stream = connection.jetStream();
        Semaphore window = new Semaphore(IN_FLIGHT);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        long number = 0;
        try (SnapshotCursor cursor = source.all()) {
            for (var next = cursor.next(); next.isPresent(); next = cursor.next()) {
                for (Entry entry : entries(next.get(), number++)) {
                    window.acquire();
                    var unused = stream.publishAsync(
                                    "$KV." + entry.bucket().bucketName() + "." + entry.key(),
                                    new byte[entry.bytes()],
                                    PublishOptions.builder().build())
                            .whenComplete((ack, thrown) -> {
                                if (thrown != null) {
                                    failure.compareAndSet(null, thrown);
                                }
                                window.release();
                            });
                }
            }
        }
        window.acquire(IN_FLIGHT);
        if (failure.get() != null) {
            throw new IllegalStateException("a raw put failed", failure.get());
        }
    }

    private record Entry(Bucket bucket, String key, int bytes) {}

    private static Entry[] entries(SnapshotRecord record, long number) {
        String room = record.first();
        return switch (record.section()) {
            case USERS -> new Entry[] {new Entry(Bucket.USERS, "user." + room, 260)};
            case ROOMS ->
                new Entry[] {
                    new Entry(Bucket.ROOMS, "subject.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + number, 30),
                    new Entry(Bucket.ROOMS, "room." + room, 400 + SyntheticControlPlane.MEMBERS * 55),
                    new Entry(Bucket.ROOM_KEYS, room + ".1", 44)
                };
            case MEMBERS ->
                new Entry[] {
                    new Entry(Bucket.ROOMS_BY_MEMBER, record.last() + "." + room, 58),
                    new Entry(Bucket.MEMBERS, room + "." + record.last(), 58)
                };
            case SEALED_KEYS ->
                new Entry[] {
                    new Entry(Bucket.ROOM_KEYS, room + "." + record.epoch() + ".aaaaaaaaaaaaaaaa." + record.last(), 168)
                };
        };
    }

    private static void print(String what, long count, String of, long begun) {
        double seconds = (System.nanoTime() - begun) / 1e9;
        System.out.printf(Locale.ROOT, "%s: %,d %s in %.1f s, %,.0f/s%n", what, count, of, seconds, count / seconds);
    }
}
