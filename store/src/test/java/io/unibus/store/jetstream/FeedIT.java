package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nats.client.Connection;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.QuorumUnconfirmedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A bucket of real servers followed in memory, while messages and servers are lost. */
class FeedIT {
    private static final Duration OPERATION = Duration.ofSeconds(2);
    private static final Bucket BUCKET = Bucket.ROOMS;
    private static final int KEYS = 7;

    @TempDir
    Path directory;

    @RegisterExtension
    final Closers closers = new Closers();

    private final Recorder recorder = new Recorder();

    private Servers servers(int count) {
        Servers servers = closers.add(Servers.cluster(directory, count));
        servers.createBuckets(count);
        return servers;
    }

    /** A feed with its fence, whose live messages may be tampered with. */
    private final class Followed {
        final Timer timer;
        final Writes writes;
        final JetStreamReads reads;
        final Feed feed;
        final QuorumFence fence;

        Followed(Link link, Supplier<Boolean> isLost) {
            ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
            closers.add(executor::shutdownNow);
            timer = Timer.on(executor);
            writes = new JetStreamWrites(link, timer, System::nanoTime, OPERATION);
            reads = new JetStreamReads(link, System::nanoTime, OPERATION);
            feed = closers.add(
                    new Feed(BUCKET, new Lossy(new JetStreamLive(link, BUCKET), isLost), reads, reads, recorder));
            fence = closers.add(new QuorumFence(
                    BUCKET,
                    feed,
                    writes,
                    timer,
                    System::nanoTime,
                    new QuorumFence.Limits(OPERATION, Duration.ZERO),
                    "n0"));
            feed.start();
        }

        Map<String, String> truth() {
            Map<String, String> truth = new TreeMap<>();
            long from = 1;
            Reads.Page page;
            do {
                page = reads.page(BUCKET, from, 100);
                for (Entry entry : page.entries()) {
                    from = entry.revision() + 1;
                    if (!entry.deleted() && !entry.key().startsWith("_")) {
                        truth.put(entry.key(), new String(entry.value(), StandardCharsets.UTF_8));
                    }
                }
            } while (page.remaining() > 0);
            return truth;
        }
    }

    /** Loses what it is told to lose. */
    private record Lossy(Live live, Supplier<Boolean> isLost) implements Live {
        @Override
        public Session attach(Consumer<Entry> sink) {
            return live.attach(entry -> {
                if (!isLost.get()) {
                    sink.accept(entry);
                }
            });
        }

        @Override
        public Session session() {
            return live.session();
        }

        @Override
        public void close() {
            live.close();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aLostMessageIsReadFromAReplica() {
        Servers servers = servers(3);
        Connection connection = servers.connect(0);
        AtomicBoolean losing = new AtomicBoolean();
        Followed followed = new Followed(() -> connection, losing::get);
        followed.fence.confirm();
        long slowest = 0;
        for (int i = 0; i < 20; i++) {
            losing.set(true);
            followed.writes
                    .put(BUCKET, "a", bytes("v" + i), Expectation.NOTHING)
                    .join();
            // Every other time the messages of the fences are lost too.
            losing.set(i % 2 == 0);
            long start = System.nanoTime();
            CompletableFuture<Fence.Confirmation> asked = followed.fence.ask();
            long repairs = followed.feed.repairs();
            Servers.await("repair", () -> asked.isDone() || followed.feed.repairs() > repairs);
            losing.set(false);
            Fence.outcome(asked);
            slowest = Math.max(slowest, System.nanoTime() - start);
            assertThat(recorder.value("a")).isEqualTo("v" + i);
        }
        assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofMillis(500));
    }

    @Test
    void aFenceNeverShowsLessThanWasAcknowledgedWhileMessagesAreLostAndLeadersDie() throws Exception {
        Servers servers = servers(3);
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random losses = new Random(seed);
        Connection readerConnection = servers.connectToAny();
        Connection writerConnection = servers.connectToAny();
        Followed followed = new Followed(() -> readerConnection, () -> losses.nextInt(20) == 0);
        Writes writes =
                new JetStreamWrites(() -> writerConnection, followed.timer, System::nanoTime, Duration.ofMillis(500));
        Map<String, Long> acknowledged = new ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger unacknowledged = new AtomicInteger();
        CompletableFuture<Integer> writer = CompletableFuture.supplyAsync(() -> {
            int taken = 0;
            for (long value = 1; !stop.get(); value++) {
                String key = "k" + value % KEYS;
                try {
                    OptionalLong revision = writes.put(BUCKET, key, bytes(Long.toString(value)), Expectation.NOTHING)
                            .join();
                    acknowledged.put(key, value);
                    taken += revision.isPresent() ? 1 : 0;
                } catch (RuntimeException e) {
                    unacknowledged.incrementAndGet(); // it may come or not
                }
            }
            return taken;
        });
        int told = 0;
        int refused = 0;
        long end = System.nanoTime() + Duration.ofSeconds(14).toNanos();
        long kill = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (System.nanoTime() < end) {
            Map<String, Long> before = Map.copyOf(acknowledged);
            try {
                Fence.Confirmation confirmation = followed.fence.confirm();
                Map<String, String> seen = recorder.records();
                if (confirmation.holds()) {
                    told++;
                    before.forEach((key, value) -> assertThat(Long.parseLong(seen.getOrDefault(key, "0")))
                            .as(key)
                            .isGreaterThanOrEqualTo(value));
                }
            } catch (QuorumUnconfirmedException e) {
                refused++;
            }
            if (kill != 0 && System.nanoTime() > kill) {
                kill = 0;
                servers.kill(servers.leaderOf(writerConnection, BUCKET));
            }
        }
        stop.set(true);
        int written = writer.get();
        Servers.await("quorum", () -> catchThrowable(followed.fence::confirmNow) == null);
        System.out.println("told " + told + " refused " + refused + " written " + written + " not " + unacknowledged
                + " repairs " + followed.feed.repairs() + " " + followed.fence.figures());
        assertThat(told).isPositive();
        assertThat(recorder.records()).isEqualTo(followed.truth());
    }

    @Test
    void theViewFollowsOverARestartOfItsServer() {
        Servers servers = servers(3);
        Connection own = servers.connect(0);
        Connection other = servers.connect(1);
        Followed followed = new Followed(() -> own, () -> false);
        Writes writes = new JetStreamWrites(() -> other, followed.timer, System::nanoTime, Duration.ofSeconds(10));
        followed.fence.confirm();
        servers.kill(0);
        Set<String> acknowledged = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            String key = "k" + i;
            try {
                writes.put(BUCKET, key, bytes("x"), Expectation.NOTHING).join();
                acknowledged.add(key);
            } catch (CompletionException e) {
                // Sent to a leader that died before it answered: it may come or not.
                assertThat(e).hasCauseInstanceOf(OutcomeUnknownException.class);
            }
        }
        Servers.await("quorum again", () -> catchThrowable(followed.fence::confirmNow) == null);
        assertThat(acknowledged).isNotEmpty();
        assertThat(recorder.records()).containsKeys(acknowledged.toArray(String[]::new));
        // What was not answered may still arrive, so the view may have to follow once more.
        Servers.await(
                "the whole bucket",
                () -> catchThrowable(followed.fence::confirmNow) == null
                        && recorder.records().equals(followed.truth()));
        assertThat(recorder.clears()).isEqualTo(1);
    }

    @Test
    void aBucketThatWasDeletedAndCreatedAnewIsReadAnew() throws Exception {
        Servers servers = servers(1);
        Connection connection = servers.connect(0);
        Followed followed = new Followed(() -> connection, () -> false);
        for (int i = 0; i < 20; i++) {
            followed.writes
                    .put(BUCKET, "old" + i, bytes("x"), Expectation.NOTHING)
                    .join();
        }
        followed.fence.confirm();
        assertThat(recorder.records()).hasSize(20);

        Servers.management(connection).delete(BUCKET.bucketName());
        Servers.createBucket(connection, BUCKET, 1);
        followed.writes.put(BUCKET, "new", bytes("y"), Expectation.NOTHING).join();
        followed.fence.confirm();

        assertThat(recorder.records()).isEqualTo(Map.of("new", "y"));
    }

    @Test
    void aBucketCreatedAnewIsNoticedWhenItHasOvertakenTheOldOne() throws Exception {
        Servers servers = servers(1);
        Connection connection = servers.connect(0);
        Followed followed = new Followed(() -> connection, () -> false);
        followed.writes.put(BUCKET, "old", bytes("x"), Expectation.NOTHING).join();
        followed.fence.confirm();

        Servers.management(connection).delete(BUCKET.bucketName());
        Servers.createBucket(connection, BUCKET, 1);
        for (int i = 0; i < 50; i++) {
            followed.writes
                    .put(BUCKET, "new" + i, bytes("y"), Expectation.NOTHING)
                    .join();
        }
        followed.fence.confirm();

        assertThat(recorder.records()).hasSize(50).doesNotContainKey("old");
    }
}
