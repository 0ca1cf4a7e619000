package io.unibus.store.jetstream;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Runs short tasks, which do not block, after a delay. */
@FunctionalInterface
interface Timer {
    void after(Duration delay, Runnable task);

    /**
     * On an executor that the caller owns; after its shutdown nothing is run any more. What a task throws goes to the handler of
     * its thread, since the executor would keep it to itself.
     */
    static Timer on(ScheduledExecutorService executor) {
        return (delay, task) -> {
            try {
                var unused = executor.schedule(() -> runReporting(task), delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                // Closing: whoever waits has a time limit of its own or is told by its owner.
                return;
            }
        };
    }

    private static void runReporting(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }
}
