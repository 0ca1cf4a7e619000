package io.unibus.store.jetstream;

import io.unibus.store.StoreException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a store does after it answered: one task after the other on one thread, and a repeated task on another. When too many
 * wait it refuses: the repair does then what they would have done. Thread-safe; the store closes it.
 */
final class Background implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Background.class);
    private static final int THREADS = 1;
    private static final int WAITING = 256;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final ThreadPoolExecutor soon = new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            named("unibus-projector"),
            new ThreadPoolExecutor.AbortPolicy());
    private final ScheduledThreadPoolExecutor repeating = new ScheduledThreadPoolExecutor(1, named("unibus-repair"));

    /** @throws java.util.concurrent.RejectedExecutionException when too many tasks wait already, or it is closed */
    @Override
    public void execute(Runnable task) {
        soon.execute(task);
    }

    /** Runs a task again and again, about this long after it ended; its faults do not end that. */
    void repeat(Runnable task, Duration interval) {
        long jittered = (long) (interval.toNanos() * ThreadLocalRandom.current().nextDouble(0.75, 1.25));
        var unused = repeating.schedule(
                () -> {
                    runLogged(task);
                    if (!repeating.isShutdown()) {
                        repeat(task, interval);
                    }
                },
                jittered,
                TimeUnit.NANOSECONDS);
    }

    private static void runLogged(Runnable task) {
        try {
            task.run();
        } catch (StoreException e) {
            LOG.debug("not finished, and tried again later: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("a repeated task failed; report this", e);
        }
    }

    @Override
    public void close() {
        soon.shutdownNow();
        repeating.shutdownNow();
        try {
            boolean ended = soon.awaitTermination(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS)
                    && repeating.awaitTermination(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
            if (!ended) {
                LOG.debug("left running: writes that end with their own time limit");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ThreadFactory named(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
