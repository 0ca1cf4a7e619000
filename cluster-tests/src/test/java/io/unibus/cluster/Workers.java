package io.unibus.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Threads of a test, one for each piece of work; a failure of any is a failure of the test. */
final class Workers implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> work = new ArrayList<>();

    void begin(Runnable task) {
        work.add(threads.submit(task));
    }

    /** Fails when a worker has failed. */
    void requireNoFailure() {
        for (Future<?> future : work) {
            if (future.isDone()) {
                awaitEnd(future, Duration.ZERO);
            }
        }
    }

    void awaitEnd() {
        awaitEnd(LIMIT);
    }

    void awaitEnd(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        work.forEach(future -> awaitEnd(future, Duration.ofNanos(deadline - System.nanoTime())));
    }

    private static void awaitEnd(Future<?> future, Duration limit) {
        try {
            future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("a worker failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
