package io.unibus.node.host;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One named daemon thread that runs tasks one after the other, now or later. What a task throws reaches the thread's handler of
 * uncaught exceptions, and the thread goes on. Closed by whoever made it.
 */
public final class DaemonWorker extends ScheduledThreadPoolExecutor {
    private static final Logger log = LoggerFactory.getLogger(DaemonWorker.class);
    private static final long CLOSE_SECONDS = 3;

    private final String name;

    /** Makes the thread with the first task. */
    public DaemonWorker(String name) {
        super(
                1,
                work -> {
                    Thread thread = new Thread(work, name);
                    thread.setDaemon(true);
                    return thread;
                },
                new DiscardPolicy());
        this.name = name;
        setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Runs a task after a while; after the end it does nothing. */
    public void after(long millis, Runnable task) {
        var unused = schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
        super.afterExecute(task, thrown);
        if (thrown == null && task instanceof Future<?> future && future.isDone()) {
            try {
                future.get();
            } catch (CancellationException e) {
                log.debug("a task of {} was cancelled", name);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, e.getCause());
            }
        }
    }

    /** Interrupts the running task and waits for its end, within seconds. */
    public void end() {
        shutdownNow();
        try {
            if (!awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                log.debug("{} did not end in time", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
