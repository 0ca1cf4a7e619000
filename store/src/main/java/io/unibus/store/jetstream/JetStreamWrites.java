package io.unibus.store.jetstream;

import io.nats.client.Message;
import io.nats.client.NUID;
import io.nats.client.impl.Headers;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes as publishes or as batches of them, up to {@value #IN_FLIGHT} writes in flight; a write beyond that waits for its
 * turn in its caller's thread. Futures complete on threads that must not be blocked. Thread-safe.
 *
 * <p>Of a write with an expectation that gets no answer, as when it reached a leader just then leaving, another copy is sent:
 * at most one of them can be taken, since it ends what the others expect. Each copy's answer is waited for to the end.
 */
final class JetStreamWrites implements Writes {
    private static final int IN_FLIGHT = 256;
    /** A copy without an answer for this part of the timeout is followed by another. */
    private static final int COPIES = 4;

    private static final int LOOKS_PER_COPY = 8;
    private static final long SHORTEST_PAUSE_MILLIS = 5;
    private static final long LONGEST_PAUSE_MILLIS = 100;
    /** With less than this part of the timeout left, no copy is sent: its answer would be late, and the outcome unknown. */
    private static final int LAST_COPY = 20;

    private final Requests requests;
    private final Timer timer;
    private final LongSupplier nanoTime;
    private final Duration timeout;
    private final Semaphore permits = new Semaphore(IN_FLIGHT);
    /** Copies of writes with an expectation, in the order in which they were sent. */
    private final Queue<Copy> copies = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean watched = new AtomicBoolean();

    /** @param timeout the operation timeout: how long a write may take with all its attempts */
    JetStreamWrites(Link link, Timer timer, LongSupplier nanoTime, Duration timeout) {
        this.requests = new Requests(link);
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.timeout = timeout;
    }

    @Override
    public CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation) {
        return write(new Write(bucket, List.of(new BatchPut(key, value, expectation)), false));
    }

    @Override
    public CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation) {
        return write(new Write(bucket, List.of(new BatchPut(key, new byte[0], expectation)), true));
    }

    @Override
    public CompletableFuture<OptionalLong> putAll(Bucket bucket, List<BatchPut> puts) {
        if (puts.isEmpty() || puts.size() > MOST_IN_BATCH) {
            throw new IllegalArgumentException("a batch has 1 to " + MOST_IN_BATCH + " puts, not " + puts.size());
        }
        return write(new Write(bucket, puts, false));
    }

    private static Headers headers(Expectation expectation) {
        Headers headers = new Headers();
        if (expectation instanceof Expectation.KeyAt key) {
            headers.put("Nats-Expected-Last-Subject-Sequence", Long.toString(key.revision()));
        } else if (expectation instanceof Expectation.BucketAt bucket) {
            headers.put("Nats-Expected-Last-Sequence", Long.toString(bucket.revision()));
        }
        return headers;
    }

    private CompletableFuture<OptionalLong> write(Write write) {
        try {
            if (!permits.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                return CompletableFuture.failedFuture(write.unavailable("too many writes are under way"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return CompletableFuture.failedFuture(write.unavailable("interrupted before it was sent"));
        }
        write.send("it was not sent in time");
        return write.result.whenComplete((revision, failure) -> permits.release());
    }

    /** @param due when another may follow it, by the clock */
    private record Copy(Write write, int number, long due) {}

    /** One timer for all: one for each write would cost as much as the write. */
    private void watch(Copy copy) {
        copies.add(copy);
        if (watched.compareAndSet(false, true)) {
            lookSoon();
        }
    }

    private void lookSoon() {
        timer.after(timeout.dividedBy(COPIES * LOOKS_PER_COPY), this::look);
    }

    private void look() {
        long now = nanoTime.getAsLong();
        for (Copy first = copies.peek();
                first != null && (first.write().result.isDone() || now - first.due() >= 0);
                first = copies.peek()) {
            copies.remove();
            first.write().follow(first.number());
        }
        watched.set(false);
        if (!copies.isEmpty() && watched.compareAndSet(false, true)) {
            lookSoon();
        }
    }

    /** One write, of one entry or of a batch, and the copies of it that were sent. */
    private final class Write {
        private final Bucket bucket;
        private final List<BatchPut> puts;
        private final boolean deletes;
        private final boolean repeatable;
        private final long deadline = nanoTime.getAsLong() + timeout.toNanos();
        private final CompletableFuture<OptionalLong> result = new CompletableFuture<>();
        private final AtomicInteger sent = new AtomicInteger();
        /** Attempts whose outcome is unknown: each may have been taken, or be taken yet. */
        private final AtomicInteger open = new AtomicInteger();

        private volatile long pause = SHORTEST_PAUSE_MILLIS;
        /** The copy that is answered and will be followed by another after a pause. */
        private volatile int pausedAfter;

        Write(Bucket bucket, List<BatchPut> puts, boolean deletes) {
            this.bucket = bucket;
            this.puts = List.copyOf(puts);
            this.deletes = deletes;
            this.repeatable = puts.stream().anyMatch(put -> put.expectation() != Expectation.NOTHING);
        }

        /** Returns the messages of one copy; a batch gets a name of its own, so that no two copies are mixed. */
        private List<Requests.Outgoing> messages() {
            String batch = puts.size() == 1 ? "" : NUID.nextGlobal();
            List<Requests.Outgoing> messages = new ArrayList<>(puts.size());
            for (BatchPut put : puts) {
                Headers headers = headers(put.expectation());
                if (deletes) {
                    headers.put("KV-Operation", "DEL");
                }
                if (puts.size() > 1) {
                    headers.put("Nats-Batch-Id", batch);
                    headers.put("Nats-Batch-Sequence", Integer.toString(messages.size() + 1));
                    if (messages.size() + 1 == puts.size()) {
                        headers.put("Nats-Batch-Commit", "1");
                    }
                }
                messages.add(new Requests.Outgoing(
                        bucket.subject(put.key()), headers.isEmpty() ? null : headers, put.value()));
            }
            return messages;
        }

        /** Sends a copy, or gives up when it is too late. */
        void send(String lastProblem) {
            long left = deadline - nanoTime.getAsLong();
            if (left <= 0) {
                giveUp(lastProblem);
            }
            if (result.isDone()) {
                return;
            }
            int copy = sent.incrementAndGet();
            open.incrementAndGet();
            requests.begin(messages(), Duration.ofNanos(left))
                    .thenAccept(answer -> settle(copy, answer))
                    .exceptionally(bug -> {
                        fail(unknown("the answer was not understood", bug));
                        return null;
                    });
            if (repeatable) {
                watch(new Copy(this, copy, nanoTime.getAsLong() + Math.min(left, patience())));
            } else {
                timer.after(Duration.ofNanos(left), () -> follow(copy));
            }
        }

        private long patience() {
            return timeout.toNanos() / COPIES;
        }

        /** What comes when a copy had its time: nothing if it is not the last one, or the next is to come anyway. */
        private void follow(int copy) {
            if (result.isDone() || copy != sent.get() || copy == pausedAfter) {
                return;
            }
            String problem = "no answer within " + timeout.toMillis() + " ms";
            if (repeatable) {
                send(problem);
            } else {
                giveUp(problem);
            }
        }

        private void settle(int copy, Answer answer) {
            if (answer instanceof Answer.Answered answered) {
                read(copy, answered.message());
            } else if (answer instanceof Answer.NotTaken notTaken) {
                open.decrementAndGet();
                sendSoon(copy, notTaken.why());
            } else if (answer instanceof Answer.Unanswered unanswered) {
                fail(unknown(unanswered.why(), null)); // the connection is closed, and no copy can be answered any more
            }
        }

        private void read(int copy, Message message) {
            JsonValue ack;
            try {
                ack = JsonParser.parse(message.getData());
            } catch (JsonParseException e) {
                fail(unknown("the answer is not JSON", e));
                return;
            }
            Optional<ApiError> error = ApiError.in(ack);
            if (error.isPresent()) {
                refused(copy, error.get());
                return;
            }
            long revision = JsonValueUtils.readLong(ack, "seq", 0);
            if (revision <= 0 || !bucket.stream().equals(JsonValueUtils.readString(ack, "stream"))) {
                fail(unknown("the answer is no acknowledgement of " + bucket.stream(), null));
                return;
            }
            result.complete(OptionalLong.of(revision));
        }

        /** Reads a refusal. Another server, which leads now, may take the write all the same, so this copy stays open. */
        private void refused(int copy, ApiError error) {
            if (error.isTransient()) {
                sendSoon(copy, error.toString());
            } else if (error.isConflict()) {
                result.complete(OptionalLong.empty());
            } else {
                boolean others = open.get() > 1;
                fail(others || error.isServerFault() ? unknown(error.toString(), null) : unavailable(error.toString()));
            }
        }

        /** Sends another copy after a pause, unless one has followed this one already. */
        private void sendSoon(int copy, String problem) {
            if (copy == sent.get()) {
                pausedAfter = copy;
                long millis = pause / 2 + ThreadLocalRandom.current().nextLong(pause);
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                timer.after(Duration.ofMillis(millis), () -> sendIfAnAnswerCanCome(problem));
            }
        }

        private void sendIfAnAnswerCanCome(String problem) {
            long left = deadline - nanoTime.getAsLong();
            if (left < timeout.toNanos() / LAST_COPY) {
                timer.after(Duration.ofNanos(Math.max(left, 0)), () -> giveUp(problem));
            } else {
                send(problem);
            }
        }

        private void giveUp(String why) {
            fail(open.get() > 0 ? unknown(why, null) : unavailable(why));
        }

        private void fail(StoreException failure) {
            result.completeExceptionally(failure);
        }

        StoreUnavailableException unavailable(String why) {
            return new StoreUnavailableException(what() + " was not written: " + why + "; try again", null);
        }

        private OutcomeUnknownException unknown(String why, @Nullable Throwable cause) {
            return new OutcomeUnknownException(
                    what() + " may have been written or not: " + why + "; read before you try again", cause);
        }

        private String what() {
            String others = puts.size() == 1 ? "" : " and " + (puts.size() - 1) + " more";
            return "key " + puts.get(puts.size() - 1).key() + others + " of " + bucket.bucketName();
        }
    }
}
