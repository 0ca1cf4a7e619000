package io.unibus.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.control.MemoryStore;
import io.unibus.store.StoreUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final MemoryStore store = new MemoryStore();
    private final AtomicLong nanos = new AtomicLong();
    private final Readiness readiness = new Readiness(store, new ServerParts(store, Path.of("unused")).bus, nanos::get);

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
    void nodeIsNotReadyWhenAnythingIsNot() {
        store.beforeEachCall(() -> {
            throw new StoreUnavailableException("the disk is full", null);
        });
        Readiness.Report report = readiness.report();
        assertThat(report.isReady()).isFalse();
        assertThat(report.checks())
                .containsEntry("store", "the disk is full")
                .containsEntry("nats", "nats-server is stopped");
    }
}
