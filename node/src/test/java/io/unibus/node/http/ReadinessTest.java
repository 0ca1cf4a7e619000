package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.control.MemoryStore;
import io.unibus.store.StoreUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final MemoryStore store = new MemoryStore();
    private final AtomicLong nanos = new AtomicLong();
    private final Readiness readiness =
            new Readiness(store, new ServerParts(store, Path.of("unused")).bus, nanos::get, Duration.ofSeconds(2));

    @Test
    void reportIsSharedForHalfASecondAfterItsEndHoweverLongItTook() {
        AtomicInteger writes = new AtomicInteger();
        store.beforeEachCall(() -> {
            writes.incrementAndGet();
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        });
        readiness.report();
        readiness.report();
        assertThat(writes).hasValue(1);
        nanos.addAndGet(Duration.ofMillis(501).toNanos());
        readiness.report();
        assertThat(writes).hasValue(2);
    }

    @Test
    void storeThatHangsHoldsOneCheckAndNoOther() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        store.beforeEachCall(() -> {
            arrived.countDown();
            await(goOn);
        });
        CompletableFuture<Readiness.Report> first = CompletableFuture.supplyAsync(readiness::report);
        await(arrived);
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThat(readiness.report().checks()).containsEntry("store", "the store has not answered for 3 s");
        assertThat(first).isNotDone();
        goOn.countDown();
        assertThat(first.get(10, TimeUnit.SECONDS).checks()).containsEntry("store", "ok");
        assertThat(readiness.report().checks()).containsEntry("store", "ok");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void nodeIsNotReadyWhenAnythingIsNot() {
        store.beforeEachCall(() -> {
            throw new StoreUnavailableException("the disk is full", null);
        });
        Readiness.Report report = readiness.report();
        assertThat(report.isReady()).isFalse();
        assertThat(report.checks())
                .containsEntry("store", "the store cannot take writes now")
                .containsEntry("nats", "nats-server is stopped");
        assertThat(report.details()).containsEntry("store", "the disk is full");
    }
}
