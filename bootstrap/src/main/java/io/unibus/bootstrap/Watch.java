package io.unibus.bootstrap;

import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * A daemon thread that looks at something again and again. A look that fails is logged, and does not end it. Thread-safe;
 * started once, closed by whoever started it.
 */
final class Watch implements AutoCloseable {
    private static final long CLOSE_MILLIS = 2_000;

    private final Logger log;
    private final String what;
    private final Look look;
    private final LongSupplier pauseMillis;
    private final Thread thread;

    @FunctionalInterface
    interface Look {
        void look() throws InterruptedException;
    }

    /**
     * Does nothing yet.
     *
     * @param name of the thread
     * @param what is looked at, for the log
     * @param pauseMillis asked after each look
     */
    Watch(String name, Logger log, String what, Look look, LongSupplier pauseMillis) {
        this.log = log;
        this.what = what;
        this.look = look;
        this.pauseMillis = pauseMillis;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    boolean isStarted() {
        return thread.getState() != Thread.State.NEW;
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                lookSafely();
                Thread.sleep(pauseMillis.getAsLong());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookSafely() throws InterruptedException {
        try {
            look.look();
        } catch (RuntimeException e) {
            log.warn("{} could not be looked at", what, e);
        }
    }

    /** Ends the thread, and waits for it, at most two seconds. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
