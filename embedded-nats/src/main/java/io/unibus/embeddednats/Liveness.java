package io.unibus.embeddednats;

import io.unibus.embeddednats.Probe.Outcome;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queries a ready child again and again, on a thread of its own, and keeps in {@link Life} whether it answers. One per
 * child; the supervisor closes it.
 *
 * <p>It only observes. A child that hangs is not ended: a busy or paused machine, a debugger, a slow disk look the same
 * from here, and ending it would cost every client its connection for nothing. Who reads the state decides.
 */
final class Liveness implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Liveness.class);
    /** One unanswered query happens on a busy machine. */
    private static final int FAILURES_IN_A_ROW = 2;

    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration INTERVAL_AFTER_FAILURE = Duration.ofSeconds(1);

    private final Life life;
    private final String serverId;
    private final Supplier<Probe.Result> query;
    private final Thread thread = new Thread(this::run, "nats-server-liveness");
    private int failures;
    private volatile boolean closed;

    /** The query is bounded, and about the child of that identity. */
    Liveness(Life life, String serverId, Supplier<Probe.Result> query) {
        this.life = life;
        this.serverId = serverId;
        this.query = query;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!life.await(() -> closed, failures == 0 ? INTERVAL : INTERVAL_AFTER_FAILURE)) {
                check();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One query, and what follows from it. */
    void check() {
        Probe.Result result = result();
        if (closed) {
            return;
        }
        if (result.outcome() == Outcome.READY) {
            if (failures >= FAILURES_IN_A_ROW) {
                log.info("nats-server answers again");
            }
            failures = 0;
            life.answering(serverId, true);
        } else if (++failures == FAILURES_IN_A_ROW) {
            log.warn("nats-server is running and does not answer: {}", result.problem());
            life.answering(serverId, false);
        }
    }

    /** A fault of the query must not end the watch, or the last answer would stand for ever. */
    private Probe.Result result() {
        try {
            return query.get();
        } catch (RuntimeException e) {
            return new Probe.Result(Outcome.NOT_YET, "the query failed: " + e);
        }
    }

    /** Does not wait: a query that is under way ends by its limit, and says nothing any more. */
    @Override
    public void close() {
        closed = true;
        life.wake();
    }
}
