package io.unibus.store.sqlite;

import io.unibus.store.AccessListener;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener that another process may have committed, by polling {@link Writer#mayHaveForeignCommits} in a thread of its
 * own. While polls fail it tells so too, since nobody knows. Thread-safe; closed by the store.
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
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Thread thread;
    private boolean failing; // of the thread

    DataVersionPoller(Writer writer, AccessListener listener) {
        this.writer = writer;
        this.listener = listener;
    }

    /** Begins to poll, if that has not begun. */
    synchronized void start() {
        if (thread == null && closed.getCount() > 0) {
            Thread started = new Thread(this::run, "unibus-data-version");
            started.setDaemon(true);
            started.start();
            thread = started;
        }
    }

    @Override
    public void close() {
        closed.countDown();
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
        try {
            do {
                poll();
            } while (!closed.await((failing ? INTERVAL_WHILE_FAILING : INTERVAL).toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void poll() {
        boolean tells = true;
        try {
            tells = writer.mayHaveForeignCommits(PATIENCE);
            failing = false;
        } catch (RuntimeException e) {
            reportOnce(e);
        }
        if (tells) {
            listener.anyAccessMayHaveChanged();
        }
    }

    private void reportOnce(RuntimeException failure) {
        if (!failing) {
            failing = true;
            LOG.warn("changes by other processes cannot be seen, and are looked for again", failure);
        }
    }
}
