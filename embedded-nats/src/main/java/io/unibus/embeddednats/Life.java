package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of a server: its state, its child, the wish that it stop. Written by the supervisor, but for that wish;
 * read by everyone. Thread-safe.
 */
final class Life {
    private static final Logger log = LoggerFactory.getLogger(Life.class);

    private final StateListener listener;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private ServerState state = ServerState.STOPPED;
    private Optional<NatsServerException> failure = Optional.empty();
    private String problem = "";
    private OptionalLong pid = OptionalLong.empty();
    private Optional<String> serverId = Optional.empty();
    private Optional<HostPort> clients = Optional.empty();
    private Optional<HostPort> monitoring = Optional.empty();
    private boolean answering;
    private int launches;
    private boolean stopExpected;
    private boolean stopRequested;
    private long stopDeadline;

    Life(StateListener listener, LongSupplier nanoTime) {
        this.listener = listener;
        this.nanoTime = nanoTime;
    }

    /** Every wait ends and looks again. */
    void wake() {
        change(() -> {});
    }

    void to(ServerState next, String reason) {
        change(() -> state = next);
        announce(next, reason);
    }

    void launched(long childPid) {
        change(() -> {
            pid = OptionalLong.of(childPid);
            launches++;
        });
    }

    void ready(String id, HostPort clientAddress, Optional<HostPort> monitoringAddress) {
        change(() -> {
            serverId = Optional.of(id);
            clients = Optional.of(clientAddress);
            monitoring = monitoringAddress;
            answering = true;
            problem = "";
            state = ServerState.READY;
        });
        announce(ServerState.READY, "");
    }

    void childEnded() {
        change(() -> {
            pid = OptionalLong.empty();
            serverId = Optional.empty();
            monitoring = Optional.empty();
            answering = false;
        });
    }

    /** Whether the ready child of that identity answers; of another nothing is kept. */
    void answering(String id, boolean answers) {
        change(() -> {
            if (serverId.equals(Optional.of(id))) {
                answering = answers;
            }
        });
    }

    /** Why the child is not ready, for whoever waits in vain. */
    void problem(String text) {
        change(() -> problem = text);
    }

    void stopped() {
        to(ServerState.STOPPED, "");
    }

    void failed(NatsServerException why) {
        change(() -> {
            failure = Optional.of(why);
            state = ServerState.FAILED;
        });
        announce(ServerState.FAILED, String.valueOf(why.getMessage()));
    }

    /** Says that no child is to be started any more, whatever ends the present one. */
    void expectStop() {
        change(() -> stopExpected = true);
    }

    /** Says that the end is planned; before any signal is sent. The first call sets the time limit. */
    void requestStop(Duration limit) {
        change(() -> {
            if (!stopRequested) {
                stopExpected = true;
                stopRequested = true;
                stopDeadline = nanoTime.getAsLong() + limit.toNanos();
            }
        });
    }

    /** A stop is expected, or asked for already. */
    boolean stopExpected() {
        return read(() -> stopExpected);
    }

    boolean stopRequested() {
        return read(() -> stopRequested);
    }

    /** What is left of the time limit of the stop. */
    long stopMillisLeft() {
        return read(() -> Math.max(0, (stopDeadline - nanoTime.getAsLong()) / 1_000_000));
    }

    ServerState state() {
        return read(() -> state);
    }

    OptionalLong pid() {
        return read(() -> pid);
    }

    Optional<String> serverId() {
        return read(() -> serverId);
    }

    Optional<HostPort> clients() {
        return read(() -> clients);
    }

    Optional<HostPort> monitoring() {
        return read(() -> monitoring);
    }

    boolean isAnswering() {
        return read(() -> answering);
    }

    int restarts() {
        return read(() -> Math.max(0, launches - 1));
    }

    /** Waits until the condition holds, looking again at every change; whether it does. */
    boolean await(BooleanSupplier condition, Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long left = limit.toNanos();
            while (!condition.getAsBoolean()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the condition holds. */
    void await(BooleanSupplier condition) throws InterruptedException {
        while (!await(condition, Duration.ofNanos(TimeUnit.HOURS.toNanos(1)))) {
            log.trace("still waiting");
        }
    }

    /** Returns when the server is ready, and throws when it is not or will never be. */
    void awaitReady(Duration timeout) throws InterruptedException {
        boolean settled = await(
                () -> state == ServerState.READY || state == ServerState.FAILED || state == ServerState.STOPPED,
                timeout);
        lock.lock();
        try {
            if (failure.isPresent()) {
                throw failure.get().again();
            }
            if (!settled) {
                throw new NatsServerException(
                        Reason.TIMED_OUT,
                        "nats-server was not ready within " + timeout.toMillis() + " ms"
                                + (problem.isEmpty() ? "" : ": " + problem));
            }
            if (state == ServerState.STOPPED) {
                throw new NatsServerException(Reason.STOPPED, "the server was stopped before it was ready");
            }
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable action) {
        lock.lock();
        try {
            action.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private <T> T read(Supplier<T> value) {
        lock.lock();
        try {
            return value.get();
        } finally {
            lock.unlock();
        }
    }

    private void announce(ServerState next, String reason) {
        try {
            listener.changed(next, reason);
        } catch (RuntimeException e) {
            log.error("a listener failed at the change to {}", next, e);
        }
    }
}
