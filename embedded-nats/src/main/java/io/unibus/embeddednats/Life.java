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
 * What is known of a server: its state, its child, and the wishes that it stop, be held down, or be started again. Written
 * by the supervisor, but for the wishes; read by everyone. Thread-safe.
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
    private OptionalLong readySince = OptionalLong.empty();
    private Optional<Runnable> kill = Optional.empty();
    private boolean answering;
    private int launches;
    private Optional<String> suspension = Optional.empty();
    private Optional<String> interruption = Optional.empty();
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

    /** @param killer ends that child at once, without waiting; harmless after its end */
    void launched(long childPid, Runnable killer) {
        change(() -> {
            pid = OptionalLong.of(childPid);
            kill = Optional.of(killer);
            launches++;
        });
    }

    void ready(String id, HostPort clientAddress, Optional<HostPort> monitoringAddress) {
        change(() -> {
            serverId = Optional.of(id);
            clients = Optional.of(clientAddress);
            monitoring = monitoringAddress;
            readySince = OptionalLong.of(nanoTime.getAsLong());
            answering = true;
            problem = "";
            state = ServerState.READY;
        });
        announce(ServerState.READY, "");
    }

    void childEnded() {
        change(() -> {
            pid = OptionalLong.empty();
            kill = Optional.empty();
            serverId = Optional.empty();
            monitoring = Optional.empty();
            readySince = OptionalLong.empty();
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

    /** Kills the child, here and now, and wishes that there be none until {@link #resume}; the first reason stays. */
    void suspend(String reason) {
        change(() -> {
            if (suspension.isEmpty()) {
                suspension = Optional.of(reason);
                interruption = suspension;
                problem = "it is suspended: " + reason;
            }
            kill.ifPresent(Runnable::run);
        });
    }

    /** Takes the wish of {@link #suspend} back. */
    void resume() {
        change(() -> {
            if (suspension.isPresent()) {
                suspension = Optional.empty();
                problem = "";
            }
        });
    }

    /** Wishes that the present child end and another be started; nothing while none is to be started at all. */
    void requestRestart(String reason) {
        change(() -> {
            if (suspension.isEmpty() && interruption.isEmpty() && !stopExpected) {
                interruption = Optional.of(reason);
            }
        });
    }

    /** Why there is to be no child for now. */
    Optional<String> suspension() {
        return read(() -> suspension);
    }

    /**
     * Why the end of the present child, or of the wait for the next, is no failure, though no stop is asked for; until
     * {@link #takeInterruption}. It outlasts a suspension that is taken back before the supervisor has seen it.
     */
    Optional<String> interruption() {
        return read(() -> interruption);
    }

    /** The supervisor has followed the wish. */
    Optional<String> takeInterruption() {
        return read(() -> {
            Optional<String> taken = interruption;
            interruption = Optional.empty();
            return taken;
        });
    }

    /** Waits until the wish of {@link #suspend} is fulfilled or taken back; whether there is certainly no child. */
    boolean awaitNoChild(Duration limit) throws InterruptedException {
        boolean ignored = await(() -> suspension.isEmpty() || hasNoChild(), limit);
        return read(this::hasNoChild);
    }

    private boolean hasNoChild() {
        return pid.isEmpty()
                && (state == ServerState.SUSPENDED || state == ServerState.STOPPED || state == ServerState.FAILED);
    }

    /** A stop is expected, or asked for already. */
    boolean stopExpected() {
        return read(() -> stopExpected);
    }

    boolean stopRequested() {
        return read(() -> stopRequested);
    }

    /** The present child is to end, by whatever wish. */
    boolean endRequested() {
        return read(() -> stopRequested || interruption.isPresent());
    }

    /** What is left of the time limit of the stop; without end when none is asked for. */
    long stopMillisLeft() {
        return read(
                () -> stopRequested ? Math.max(0, (stopDeadline - nanoTime.getAsLong()) / 1_000_000) : Long.MAX_VALUE);
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

    /** Since when the present child is ready, until now. */
    Optional<Duration> readyFor() {
        return read(() -> readySince.isPresent()
                ? Optional.of(Duration.ofNanos(nanoTime.getAsLong() - readySince.getAsLong()))
                : Optional.empty());
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
                () -> (state == ServerState.READY && interruption.isEmpty())
                        || state == ServerState.FAILED
                        || state == ServerState.STOPPED,
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
