package io.unibus.store.jetstream;

import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fence of one bucket, shared by all who ask: the number of its writes grows with time, not with the number of readers,
 * and nothing is written while nobody asks. Thread-safe, without a thread of its own; who made it closes it.
 *
 * <p>At most one write is waited for at a time; one that has not been acknowledged after {@value #OVERDUE_MILLIS} ms is
 * followed by another, and still counts if it is acknowledged later. When nobody could be served for the operation timeout,
 * the quorum counts as lost: whoever asks is refused at once, and attempts go on as long as somebody keeps asking. Who
 * asks after a pause of that length waits for an attempt again.
 */
final class QuorumFence implements Fence, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QuorumFence.class);
    private static final long OVERDUE_MILLIS = 250;
    private static final Duration OVERDUE = Duration.ofMillis(OVERDUE_MILLIS);
    private static final Duration MISSING = Duration.ofMillis(50);
    private static final Duration PAUSE = Duration.ofMillis(25);
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final Bucket bucket;
    private final Tail tail;
    private final Writes writes;
    private final Timer timer;
    private final LongSupplier nanoTime;
    private final Limits limits;
    private final String key;

    private final Object lock = new Object();
    private final List<Waiter> waiters = new ArrayList<>();
    private @Nullable Held youngest;
    private @Nullable Attempt running;
    private boolean deadlineIsTimed;
    private boolean lost;
    private long keepTryingUntil;
    private boolean closed;
    private long puts;
    private long confirmed;
    private long timesLost;

    /** @param node the name of this node, of characters that a key may have */
    QuorumFence(
            Bucket bucket, Tail tail, Writes writes, Timer timer, LongSupplier nanoTime, Limits limits, String node) {
        this.bucket = bucket;
        this.tail = tail;
        this.writes = writes;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.limits = limits;
        this.key = "_fence." + node;
    }

    /**
     * @param operation how long an answer may be waited for
     * @param staleness how old a confirmation may be for a read; zero: it begins after the read arrived
     */
    record Limits(Duration operation, Duration staleness) {
        /** How old a confirmation may be when the answer is given; no less than one attempt may take. */
        Duration oldest() {
            if (staleness.isZero()) {
                return operation;
            }
            return staleness.compareTo(OVERDUE) > 0 ? staleness : OVERDUE;
        }
    }

    /** What happened so far. */
    record Figures(long puts, long confirmed, long timesLost, boolean lost) {}

    /** Somebody who needs a fence begun at {@code notBefore} or later. */
    private record Waiter(long notBefore, long deadline, CompletableFuture<Confirmation> future) {}

    /** One write of the fence's key; its identity is all it has. */
    private static final class Attempt {}

    private final class Held implements Confirmation {
        private final long begun;
        private final Tail.Mark mark;

        Held(long begun, Tail.Mark mark) {
            this.begun = begun;
            this.mark = mark;
        }

        @Override
        public boolean holds() {
            return nanoTime.getAsLong() - begun <= limits.oldest().toNanos() && tail.stands(mark);
        }
    }

    @Override
    public CompletableFuture<Confirmation> ask() {
        return ask(limits.staleness());
    }

    @Override
    public CompletableFuture<Confirmation> askNow() {
        return ask(Duration.ZERO);
    }

    @Override
    public void awaitApplied(long revision) {
        CompletableFuture<Void> reached = reached(revision);
        try {
            reached.get(limits.operation().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unconfirmed("interrupted", e);
        } catch (TimeoutException e) {
            throw unconfirmed("the view did not reach revision " + revision + " in time", e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw unconfirmed(String.valueOf(e.getCause()), e);
        }
    }

    Figures figures() {
        synchronized (lock) {
            return new Figures(puts, confirmed, timesLost, lost);
        }
    }

    @Override
    public void close() {
        List<Waiter> refused;
        synchronized (lock) {
            closed = true;
            refused = new ArrayList<>(waiters);
            waiters.clear();
        }
        refuse(refused, "the store is closed");
    }

    private CompletableFuture<Confirmation> ask(Duration staleness) {
        Waiter waiter;
        Attempt attempt;
        boolean time;
        synchronized (lock) {
            long now = nanoTime.getAsLong();
            long notBefore = now - staleness.toNanos();
            Held held = youngest;
            if (closed) {
                return CompletableFuture.failedFuture(unconfirmed("the store is closed", null));
            }
            if (held != null && held.begun - notBefore >= 0 && held.holds()) {
                boolean ahead = (now - held.begun) * 2 > staleness.toNanos();
                waiter = new Waiter(notBefore, now, CompletableFuture.completedFuture(held));
                attempt = ahead ? next() : null;
                time = false;
            } else if (lost && keepTryingUntil - now > 0) {
                keepTryingUntil = now + limits.operation().toNanos();
                waiter = new Waiter(
                        notBefore,
                        now,
                        CompletableFuture.failedFuture(unconfirmed("it has been lost and is not back yet", null)));
                attempt = next();
                time = false;
            } else {
                waiter = new Waiter(notBefore, now + limits.operation().toNanos(), new CompletableFuture<>());
                waiters.add(waiter);
                attempt = next();
                time = !deadlineIsTimed;
                deadlineIsTimed = true;
            }
        }
        begin(attempt);
        if (time) {
            timer.after(limits.operation(), this::checkDeadline);
        }
        // Should the timer be gone, the caller is not: the limit of the platform's own timer is the last resort.
        return waiter.future.isDone()
                ? waiter.future
                : waiter.future
                        .copy()
                        .orTimeout(limits.operation().plus(GRACE).toNanos(), TimeUnit.NANOSECONDS)
                        .exceptionally(failure -> {
                            throw new CompletionException(asUnconfirmed(failure));
                        });
    }

    private QuorumUnconfirmedException asUnconfirmed(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof QuorumUnconfirmedException unconfirmed
                ? unconfirmed
                : unconfirmed("no answer in time", cause);
    }

    /** A new attempt to begin, unless one is under way. Called with the lock held. */
    private @Nullable Attempt next() {
        if (running != null || closed) {
            return null;
        }
        Attempt attempt = new Attempt();
        running = attempt;
        return attempt;
    }

    private boolean isWanted() {
        return !closed && (!waiters.isEmpty() || (lost && keepTryingUntil - nanoTime.getAsLong() > 0));
    }

    private void begin(@Nullable Attempt attempt) {
        if (attempt != null) {
            var unused = tail.whole().whenComplete((mark, failure) -> {
                if (failure != null) {
                    failed(attempt);
                } else {
                    send(attempt, mark);
                }
            });
        }
    }

    private void send(Attempt attempt, Tail.Mark mark) {
        long begun;
        synchronized (lock) {
            if (closed) {
                return;
            }
            begun = nanoTime.getAsLong();
            puts++;
        }
        timer.after(OVERDUE, () -> overdue(attempt));
        var unused = writes.put(bucket, key, new byte[0], Expectation.NOTHING)
                .thenCompose(revision -> applied(revision, mark))
                .whenComplete((done, failure) -> {
                    if (failure == null && tail.stands(mark)) {
                        confirmed(attempt, new Held(begun, mark));
                    } else {
                        failed(attempt);
                    }
                });
    }

    private CompletableFuture<Void> applied(OptionalLong revision, Tail.Mark mark) {
        if (revision.isEmpty()) {
            return CompletableFuture.failedFuture(unconfirmed("the fence was refused", null));
        }
        if (revision.getAsLong() <= mark.applied()) {
            tail.rebuild();
            return CompletableFuture.failedFuture(unconfirmed("the bucket was created anew", null));
        }
        return reached(revision.getAsLong());
    }

    private CompletableFuture<Void> reached(long revision) {
        CompletableFuture<Void> reached = tail.reached(revision);
        if (!reached.isDone()) {
            timer.after(MISSING, () -> {
                if (!reached.isDone()) {
                    tail.fetch(revision);
                }
            });
        }
        return reached;
    }

    private void confirmed(Attempt attempt, Held held) {
        List<Waiter> served = new ArrayList<>();
        Attempt another = null;
        boolean back;
        synchronized (lock) {
            confirmed++;
            back = lost;
            lost = false;
            if (youngest == null || held.begun - youngest.begun > 0 || !youngest.holds()) {
                youngest = held;
            }
            for (Iterator<Waiter> all = waiters.iterator(); all.hasNext(); ) {
                Waiter waiter = all.next();
                if (held.begun - waiter.notBefore >= 0) {
                    served.add(waiter);
                    all.remove();
                }
            }
            if (running == attempt) {
                running = null;
            }
            if (!waiters.isEmpty()) {
                another = next();
            }
        }
        if (back) {
            log.info("the quorum of {} is back", bucket.bucketName());
        }
        begin(another);
        served.forEach(waiter -> waiter.future.complete(held));
    }

    private void failed(Attempt attempt) {
        synchronized (lock) {
            if (running != attempt) {
                return;
            }
        }
        timer.after(PAUSE, () -> overdue(attempt));
    }

    /** Lets another attempt begin in place of this one, if somebody still waits. */
    private void overdue(Attempt attempt) {
        Attempt another = null;
        synchronized (lock) {
            if (running != attempt) {
                return;
            }
            running = null;
            if (isWanted()) {
                another = next();
            }
        }
        begin(another);
    }

    private void checkDeadline() {
        List<Waiter> refused = List.of();
        boolean justLost = false;
        long left = 0;
        synchronized (lock) {
            long now = nanoTime.getAsLong();
            left = waiters.isEmpty() ? 0 : waiters.get(0).deadline - now;
            deadlineIsTimed = left > 0;
            if (!waiters.isEmpty() && left <= 0) {
                refused = new ArrayList<>(waiters);
                waiters.clear();
                justLost = !lost;
                lost = true;
                timesLost += justLost ? 1 : 0;
                keepTryingUntil = now + limits.operation().toNanos();
            }
        }
        if (left > 0) {
            timer.after(Duration.ofNanos(left), this::checkDeadline);
        }
        if (justLost) {
            log.warn(
                    "no quorum of {} within {} ms: nothing is answered from it until it is back",
                    bucket.bucketName(),
                    limits.operation().toMillis());
        }
        refuse(
                refused,
                "no write was acknowledged and seen within "
                        + limits.operation().toMillis() + " ms");
    }

    private void refuse(List<Waiter> refused, String why) {
        if (!refused.isEmpty()) {
            StoreException failure = unconfirmed(why, null);
            refused.forEach(waiter -> waiter.future.completeExceptionally(failure));
        }
    }

    private QuorumUnconfirmedException unconfirmed(String why, @Nullable Throwable cause) {
        return new QuorumUnconfirmedException(
                "no quorum of " + bucket.bucketName() + " confirms what is known: " + why + "; try again", cause);
    }
}
