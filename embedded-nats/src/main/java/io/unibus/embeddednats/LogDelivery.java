package io.unibus.embeddednats;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Takes lines without waiting, and brings them to a {@link LogListener} on a thread of its own. The supervisor closes it. */
final class LogDelivery implements AutoCloseable {
    static final int CAPACITY = 1000;

    private static final Logger log = LoggerFactory.getLogger(LogDelivery.class);
    private static final long CLOSE_LIMIT_MILLIS = 500;
    /** No other line of this level gets in. */
    private static final LogLine END = new LogLine(Level.TRACE, "");

    private final LogListener listener;
    private final BlockingQueue<LogLine> waiting = new ArrayBlockingQueue<>(CAPACITY);
    private final Thread thread = new Thread(this::run, "nats-server-log-listener");
    private boolean leavesOut;

    LogDelivery(LogListener listener) {
        this.listener = listener;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Called by one thread at a time: the lines of one child end before those of the next begin. */
    void offer(LogLine line) {
        if (line.level().toInt() < Level.INFO.toInt()) {
            return;
        }
        boolean full = !waiting.offer(line);
        if (full && !leavesOut) {
            log.warn("the listener of nats-server's log does not follow; lines are left out");
        }
        leavesOut = full;
    }

    private void run() {
        try {
            for (LogLine line = waiting.take(); !line.equals(END); line = waiting.take()) {
                deliver(line);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deliver(LogLine line) {
        try {
            listener.said(line);
        } catch (RuntimeException e) {
            log.error("a listener of nats-server's log failed at: {}", line.message(), e);
        }
    }

    /** Waits half a second for the lines that are still to be delivered; the thread ends after them in any case. */
    @Override
    public void close() {
        try {
            if (!waiting.offer(END)) {
                waiting.clear();
                boolean ignored = waiting.offer(END);
            }
            thread.join(CLOSE_LIMIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
