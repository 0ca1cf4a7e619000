package io.unibus.store.sqlite;

import io.unibus.store.AccessListener;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener that another process may have committed, by polling {@link Writer#mayHaveForeignCommits} in a thread of its
 * own. While polls fail it tells so too, since nobody knows. In the same thread it lets the tail tell its changes, when a poll
 * says so or this process wrote. Thread-safe; closed by the store.
 */
final class DataVersionPoller implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DataVersionPoller.class);
    private static final Duration INTERVAL = Duration.ofMillis(200);
    private static final Duration INTERVAL_WHILE_FAILING = Duration.ofSeconds(1);
    /** With the interval, well under a second. */
    private static final Duration PATIENCE = Duration.ofMillis(300);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final Writer writer;
    private final AccessListener listener;
    private final ChangeTail tail;
    private final Semaphore wakes = new Semaphore(0);
    private volatile boolean closed;
    private @Nullable Thread thread;
    private boolean pollFails; // of the thread
    private boolean tailFails; // of the thread

    DataVersionPoller(Writer writer, AccessListener listener, ChangeTail tail) {
        this.writer = writer;
        this.listener = listener;
        this.tail = tail;
    }

    /** Begins to poll, if that has not begun. */
    synchronized void start() {
        if (thread == null && !closed) {
            Thread started = new Thread(this::run, "unibus-data-version");
            started.setDaemon(true);
            started.start();
            thread = started;
        }
    }

    /** Lets the tail tell what this process wrote, without waiting for the next poll. */
    void wake() {
        if (wakes.availablePermits() == 0) {
            wakes.release();
        }
    }

    /** Ends the thread, once the tail has told what was written before. */
    @Override
    public void close() {
        closed = true;
        wake();
        Thread running = running();
        if (running != null && running != Thread.currentThread()) {
            join(running);
        }
    }

    private synchronized @Nullable Thread running() {
        return thread;
    }

    private static void join(Thread running) {
        try {
            running.join(CLOSE_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Deadline next = Deadline.in(Duration.ZERO);
        boolean news = true;
        try {
            while (true) {
                boolean last = closed;
                if (next.hasPassed()) {
                    news |= poll();
                    next = Deadline.in(pollFails || tailFails ? INTERVAL_WHILE_FAILING : INTERVAL);
                }
                news = news && !tellNew();
                if (last) {
                    return;
                }
                news |= wakes.tryAcquire(next.left().toNanos(), TimeUnit.NANOSECONDS);
                news |= wakes.drainPermits() > 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean poll() {
        boolean tells = true;
        try {
            tells = writer.mayHaveForeignCommits(PATIENCE);
            pollFails = false;
        } catch (RuntimeException e) {
            report(pollFails, e);
            pollFails = true;
        }
        if (tells) {
            listener.anyAccessMayHaveChanged();
        }
        return tells;
    }

    /** Returns whether all was told. */
    private boolean tellNew() {
        try {
            tail.tellNew();
            tailFails = false;
            return true;
        } catch (RuntimeException e) {
            report(tailFails, e);
            tailFails = true;
            return false;
        }
    }

    private static void report(boolean again, RuntimeException failure) {
        if (!again) {
            LOG.warn("changes by other processes cannot be seen, and are looked for again", failure);
        }
    }
}
