package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.store.RandomWorkload;
import io.unibus.store.StoreInvariants;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Stores on buckets in memory, with a clock that the test can put forward. */
final class InMemoryStores implements AutoCloseable {
    static final Duration GRACE = Duration.ofMinutes(10);

    private final InMemoryBuckets buckets;
    private final LongSupplier clock;
    private final ExecutorService background = Executors.newFixedThreadPool(2);
    private final AtomicLong ahead = new AtomicLong();
    private final AtomicInteger opened = new AtomicInteger();

    InMemoryStores(InMemoryBuckets buckets) {
        this(buckets, System::nanoTime);
    }

    private InMemoryStores(InMemoryBuckets buckets, LongSupplier clock) {
        this.buckets = buckets;
        this.clock = clock;
    }

    /** Stores whose time passes only when the test puts it forward. */
    static InMemoryStores withoutTime(InMemoryBuckets buckets) {
        return new InMemoryStores(buckets, () -> 0);
    }

    JetStreamStore open() {
        return open(background);
    }

    InMemoryBuckets buckets() {
        return buckets;
    }

    /** A store that does everything in the thread of its caller, with writes that may go wrong. */
    JetStreamStore open(InMemoryBuckets.Client client, Writes writes) {
        return client.store(options(), writes, Runnable::run);
    }

    /** A store whose background is this. */
    JetStreamStore open(Executor executor) {
        InMemoryBuckets.Client client = buckets.client();
        return client.store(options(), client, executor);
    }

    /** A store that projects no membership: as if it died after each commit. */
    JetStreamStore openNeverProjecting() {
        return open(task -> {});
    }

    JetStreamOptions options() {
        int number = opened.incrementAndGet();
        return new JetStreamOptions(
                "node-" + number,
                Duration.ofSeconds(2),
                Duration.ZERO,
                Duration.ofMinutes(1),
                GRACE,
                () -> clock.getAsLong() + ahead.get(),
                new Random(number));
    }

    /** Uses a store at random, lets it repair whatever has been wrong for long, and checks it and a new one. */
    void goOn(JetStreamStore store, Random random, List<RoomId> rooms, List<Endpoint> peers) {
        new RandomWorkload(store, random, rooms, peers).run(150);
        new StoreInvariants(store, rooms, peers).check();
        for (int i = 0; i < 2; i++) {
            putForward(GRACE.plusMinutes(1));
            store.repair().run();
        }
        new StoreInvariants(open(), rooms, peers).check();
    }

    void putForward(Duration time) {
        ahead.addAndGet(time.toNanos());
    }

    @Override
    public void close() {
        background.shutdownNow();
    }
}
