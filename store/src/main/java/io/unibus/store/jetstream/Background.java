package io.unibus.store.jetstream;

import io.unibus.store.StoreException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what a store does after it answered: one task after the other on one thread, and a repeated task on another. Each task
 * begins {@value #GATHER_MILLIS} ms after it was given: waiting gathers more work for one run, which delays the changes of that
 * time less. Tasks that have not begun when the store is closed are dropped; the repair of another node, or of the next start,
 * does their work. Thread-safe; the store closes it.
 */
final class Background implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Background.class);
    private static final long GATHER_MILLIS = 200;
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final ScheduledThreadPoolExecutor soon = new ScheduledThreadPoolExecutor(1, named("unibus-projector"));
    private final ScheduledThreadPoolExecutor repeating = new ScheduledThreadPoolExecutor(1, named("unibus-repair"));

    /** @throws java.util.concurrent.RejectedExecutionException when it is closed */
    @Override
    public void execute(Runnable task) {
        var unused = soon.schedule(() -> runLogged(task), GATHER_MILLIS, TimeUnit.MILLISECONDS);
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
            LOG.error("a task in the background failed; report this", e);
        } catch (Error e) { // the executor would keep it to itself
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
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
