package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nats.client.Connection;
import io.unibus.store.QuorumUnconfirmedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Fences over real servers: who may be told yes, and how soon nobody. */
class FenceIT {
    private static final Duration OPERATION = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    @RegisterExtension
    final Closers closers = new Closers();

    private final AtomicLong ahead = new AtomicLong();

    private Servers cluster() {
        Servers servers = closers.add(Servers.cluster(directory, 3));
        servers.createBuckets(3);
        return servers;
    }

    private QuorumFences open(Connection connection, Recorder recorder, Duration staleness) {
        return closers.add(QuorumFences.open(
                () -> connection,
                Map.of(Bucket.ROOMS, recorder),
                () -> System.nanoTime() + ahead.get(),
                new QuorumFence.Limits(OPERATION, staleness),
                "n0"));
    }

    private Writes writes(QuorumFences fences, Connection connection) {
        return new JetStreamWrites(() -> connection, fences.timer(), System::nanoTime, OPERATION);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aFenceSeesWhatWasAcknowledgedBefore() {
        Servers servers = cluster();
        Recorder recorder = new Recorder();
        QuorumFences fences = open(servers.connect(1), recorder, Duration.ZERO);
        Writes other = writes(fences, servers.connect(0));
        for (int i = 0; i < 200; i++) {
            other.put(Bucket.ROOMS, "room." + i % 10, bytes("v" + i), Expectation.NOTHING)
                    .join();
            fences.of(Bucket.ROOMS).confirm();
            assertThat(recorder.value("room." + i % 10)).isEqualTo("v" + i);
        }
    }

    @Test
    void aThousandReadersShareAFewWrites() throws Exception {
        Servers servers = cluster();
        Recorder recorder = new Recorder();
        QuorumFences fences = open(servers.connect(1), recorder, Duration.ZERO);
        fences.of(Bucket.ROOMS).confirm();
        long before = fences.figures(Bucket.ROOMS).puts();
        ExecutorService readers = Executors.newFixedThreadPool(1000);
        long start = System.nanoTime();
        try {
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                reads.add(
                        CompletableFuture.runAsync(() -> fences.of(Bucket.ROOMS).confirm(), readers));
            }
            CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
        } finally {
            readers.shutdownNow();
        }
        long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        long puts = fences.figures(Bucket.ROOMS).puts() - before;
        assertThat(puts).as("writes in " + millis + " ms").isLessThan(Math.max(20, millis * 2));
    }

    @Test
    void aSharedFenceIsUsedUntilItIsOldAndNotByAProcessThatWasPaused() {
        Servers servers = cluster();
        QuorumFences fences = open(servers.connect(1), new Recorder(), Duration.ofSeconds(2));
        Fence fence = fences.of(Bucket.ROOMS);
        Fence.Confirmation old = fence.confirm();
        long puts = fences.figures(Bucket.ROOMS).puts();
        for (int i = 0; i < 100; i++) {
            fence.confirm();
        }
        assertThat(fences.figures(Bucket.ROOMS).puts()).isEqualTo(puts);
        assertThat(old.holds()).isTrue();

        ahead.addAndGet(Duration.ofSeconds(3).toNanos());

        assertThat(old.holds()).isFalse();
        assertThat(fence.confirm().holds()).isTrue();
    }

    @Test
    void withoutAQuorumNobodyIsToldYes() {
        Servers servers = cluster();
        Connection connection = servers.connect(0);
        QuorumFences fences = open(connection, new Recorder(), Duration.ofMillis(500));
        fences.of(Bucket.ROOMS).confirmNow();
        servers.pause(1);
        servers.pause(2);

        long start = System.nanoTime();
        assertThatThrownBy(() -> fences.of(Bucket.ROOMS).confirmNow()).isInstanceOf(QuorumUnconfirmedException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(OPERATION.plusMillis(300));

        long later = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> fences.of(Bucket.ROOMS).confirm()).isInstanceOf(QuorumUnconfirmedException.class);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - later)).isLessThan(Duration.ofMillis(100));
        assertThat(fences.figures(Bucket.ROOMS).lost()).isTrue();

        servers.resume(1);
        servers.resume(2);
        Servers.await(
                "quorum again",
                () -> catchThrowable(() -> fences.of(Bucket.ROOMS).confirm()) == null);
        assertThat(fences.figures(Bucket.ROOMS).timesLost()).isEqualTo(1);
    }

    @Test
    void nothingIsWrittenWhileNobodyReads() {
        Servers servers = closers.add(Servers.single(directory));
        servers.createBuckets(1);
        QuorumFences fences = open(servers.connect(0), new Recorder(), Duration.ofMillis(100));
        fences.of(Bucket.ROOMS).confirmNow();
        long puts = fences.figures(Bucket.ROOMS).puts();
        long repairs = fences.feed(Bucket.ROOMS).orElseThrow().repairs();

        Servers.await("ten fences of a bucket that is read", () -> {
            fences.of(Bucket.USERS).confirm();
            return fences.figures(Bucket.USERS).confirmed() >= 10;
        });

        assertThat(fences.figures(Bucket.ROOMS).puts()).isEqualTo(puts);
        assertThat(fences.feed(Bucket.ROOMS).orElseThrow().repairs()).isEqualTo(repairs);
    }
}
