package io.unibus.node.http;

import io.unibus.node.bus.Bus;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.inject.Inject;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node can do its work: a write just became durable, and the bus child answers. Thread-safe. The write is
 * shared by all who ask within half a second, so that polling costs at most two writes a second; the child's state is
 * that of the moment.
 */
final class Readiness {
    /** The result of a check that passed; every other result is a sentence. */
    static final String OK = "ok";

    private static final Duration SHARED_FOR = Duration.ofMillis(500);

    private final Store store;
    private final Bus bus;
    private final LongSupplier nanoTime;
    private @Nullable StoreCheck latest;

    @Inject
    Readiness(Store store, Bus bus, LongSupplier nanoTime) {
        this.store = store;
        this.bus = bus;
        this.nanoTime = nanoTime;
    }

    /** @param checks result by name */
    record Report(Map<String, String> checks) {
        boolean isReady() {
            return checks.values().stream().allMatch(OK::equals);
        }
    }

    private record StoreCheck(String result, long madeAtNanos) {}

    Report report() {
        Map<String, String> checks = new LinkedHashMap<>();
        checks.put("store", storeResult());
        checks.put("nats", bus.problem().orElse(OK));
        return new Report(checks);
    }

    private synchronized String storeResult() {
        long now = nanoTime.getAsLong();
        @Nullable StoreCheck shared = latest;
        if (shared != null && now - shared.madeAtNanos() < SHARED_FOR.toNanos()) {
            return shared.result();
        }
        StoreCheck fresh = new StoreCheck(checkStore(), nanoTime.getAsLong());
        latest = fresh;
        return fresh.result();
    }

    private String checkStore() {
        try {
            store.confirmWritable();
            return OK;
        } catch (StoreException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
