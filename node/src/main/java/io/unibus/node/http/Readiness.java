package io.unibus.node.http;

import io.unibus.node.bus.Bus;
import io.unibus.node.config.NodeConfig;
import io.unibus.store.Store;
import io.unibus.store.StoreException;
import io.unibus.store.StoreMigratedException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import javax.inject.Inject;
import javax.inject.Singleton;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this node can do its work: a write just became durable, and the bus child answers. Thread-safe. The write is
 * shared by all who ask while it is under way and within half a second after it, so that polling costs at most two writes
 * a second and a store that hangs holds one thread; the child's state is that of the moment.
 */
@Singleton
final class Readiness {
    /** The result of a check that passed; every other result is a sentence. */
    static final String OK = "ok";

    private static final Logger log = LoggerFactory.getLogger(Readiness.class);

    private static final Duration SHARED_FOR = Duration.ofMillis(500);
    private static final String CANNOT_WRITE = "the store cannot take writes now";

    private static final String MIGRATED =
            "the control plane has moved to a cluster: stop this node, and start the nodes with --store kv";

    private final Store store;
    private final Bus bus;
    private final LongSupplier nanoTime;
    private final Duration patience;
    private @Nullable StoreCheck latest;
    private String lastLogged = OK;

    @Inject
    Readiness(Store store, Bus bus, LongSupplier nanoTime, NodeConfig config) {
        this(store, bus, nanoTime, config.opTimeout());
    }

    /** @param patience how long after its begin a check of the store is waited for */
    Readiness(Store store, Bus bus, LongSupplier nanoTime, Duration patience) {
        this.store = store;
        this.bus = bus;
        this.nanoTime = nanoTime;
        this.patience = patience;
    }

    /**
     * @param checks result by name, for anyone
     * @param details the same with what the store said, for those who run the node
     */
    record Report(Map<String, String> checks, Map<String, String> details) {
        boolean isReady() {
            return checks.values().stream().allMatch(OK::equals);
        }
    }

    /** @param detail with paths and the words of the database */
    private record Result(String summary, String detail, long madeAtNanos) {}

    private record StoreCheck(long begunAtNanos, CompletableFuture<Result> result) {}

    Report report() {
        Result stored = storeResult();
        String nats = bus.problem().orElse(OK);
        return new Report(checks(stored.summary(), nats), checks(stored.detail(), nats));
    }

    private static Map<String, String> checks(String stored, String nats) {
        Map<String, String> checks = new LinkedHashMap<>();
        checks.put("store", stored);
        checks.put("nats", nats);
        return checks;
    }

    private Result storeResult() {
        StoreCheck mine = new StoreCheck(nanoTime.getAsLong(), new CompletableFuture<>());
        StoreCheck shared = latestOr(mine);
        if (shared.equals(mine)) {
            checkStore(mine.result());
        }
        return await(shared);
    }

    private synchronized StoreCheck latestOr(StoreCheck fresh) {
        @Nullable StoreCheck shared = latest;
        if (shared == null || isOver(shared.result(), fresh.begunAtNanos())) {
            latest = fresh;
            return fresh;
        }
        return shared;
    }

    private static boolean isOver(CompletableFuture<Result> check, long now) {
        return check.isDone() && now - check.join().madeAtNanos() >= SHARED_FOR.toNanos();
    }

    private Result await(StoreCheck check) {
        long waited = nanoTime.getAsLong() - check.begunAtNanos();
        try {
            return check.result().get(Math.max(0, patience.toNanos() - waited), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return notAnswered(check);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return notAnswered(check);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a check always ends with a result", e);
        }
    }

    private Result notAnswered(StoreCheck check) {
        long now = nanoTime.getAsLong();
        String sentence = "the store has not answered for "
                + Duration.ofNanos(now - check.begunAtNanos()).toSeconds() + " s";
        note("the store does not answer");
        return new Result(sentence, sentence, now);
    }

    /** Whatever happens, those who wait are told. */
    private void checkStore(CompletableFuture<Result> result) {
        String summary = CANNOT_WRITE;
        String detail = "the check of the store failed";
        try {
            store.confirmWritable();
            summary = OK;
            detail = OK;
        } catch (StoreMigratedException e) {
            summary = MIGRATED;
            detail = e.getMessage();
        } catch (StoreException e) {
            detail = e.getMessage();
        } finally {
            note(detail);
            result.complete(new Result(summary, detail, nanoTime.getAsLong()));
        }
    }

    /** Logs changes only: checks come as often as someone asks. */
    private synchronized void note(String detail) {
        if (!detail.equals(lastLogged)) {
            lastLogged = detail;
            if (detail.equals(OK)) {
                log.info("the store takes writes again");
            } else {
                log.warn("this node is not ready: {}", detail);
            }
        }
    }
}
