package io.unibus.store.jetstream;

import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes as single publishes, up to {@value #IN_FLIGHT} of them in flight; a write beyond that waits for its turn in its
 * caller's thread. Futures complete on threads that must not be blocked. Thread-safe.
 *
 * <p>A write with an expectation that gets no answer, as when it reached a leader just then leaving, is sent again: of all
 * that were sent at most one can be taken, since it ends what the others expect.
 */
final class JetStreamWrites implements Writes {
    private static final int IN_FLIGHT = 256;
    /** How often a write with an expectation is sent if none is answered. */
    private static final int SENDINGS = 4;

    private static final long SHORTEST_PAUSE_MILLIS = 5;
    private static final long LONGEST_PAUSE_MILLIS = 100;

    private final Requests requests;
    private final Timer timer;
    private final LongSupplier nanoTime;
    private final Duration timeout;
    private final Semaphore permits = new Semaphore(IN_FLIGHT);

    /** @param timeout the operation timeout: how long a write may take with all its attempts */
    JetStreamWrites(Link link, Timer timer, LongSupplier nanoTime, Duration timeout) {
        this.requests = new Requests(link);
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.timeout = timeout;
    }

    @Override
    public CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation) {
        return write(new Write(bucket, key, value, headers(expectation), expectation));
    }

    @Override
    public CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation) {
        Headers headers = headers(expectation).put("KV-Operation", "DEL");
        return write(new Write(bucket, key, new byte[0], headers, expectation));
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
        write.attempt("it was not sent in time");
        return write.result.whenComplete((revision, failure) -> permits.release());
    }

    /** One write with its attempts, each begun when the one before was certainly not taken, or may safely be repeated. */
    private final class Write {
        private final Bucket bucket;
        private final String key;
        private final byte[] value;
        private final Headers headers;
        private final boolean repeatable;
        private final long deadline = nanoTime.getAsLong() + timeout.toNanos();
        private final CompletableFuture<OptionalLong> result = new CompletableFuture<>();
        private long pause = SHORTEST_PAUSE_MILLIS;
        /** An attempt without an answer may have been taken, or may be yet. */
        private boolean unclear;

        Write(Bucket bucket, String key, byte[] value, Headers headers, Expectation expectation) {
            this.bucket = bucket;
            this.key = key;
            this.value = value;
            this.headers = headers;
            this.repeatable = expectation != Expectation.NOTHING;
        }

        void attempt(String lastProblem) {
            long left = deadline - nanoTime.getAsLong();
            if (left <= 0) {
                fail(lastProblem);
                return;
            }
            long limit = repeatable ? Math.min(left, timeout.toNanos() / SENDINGS) : left;
            requests.send(bucket.subject(key), headers.isEmpty() ? null : headers, value, Duration.ofNanos(limit))
                    .thenAccept(this::settle)
                    .exceptionally(bug -> {
                        fail(unknown("the answer was not understood", bug));
                        return null;
                    });
        }

        private void settle(Answer answer) {
            if (answer instanceof Answer.Answered answered) {
                read(answered.message());
            } else if (answer instanceof Answer.NotTaken notTaken) {
                again(notTaken.why());
            } else if (answer instanceof Answer.Unanswered unanswered) {
                unclear = true;
                if (repeatable) {
                    attempt(unanswered.why());
                } else {
                    fail(unanswered.why());
                }
            }
        }

        private void read(Message message) {
            JsonValue ack;
            try {
                ack = JsonParser.parse(message.getData());
            } catch (JsonParseException e) {
                fail(unknown("the answer is not JSON", e));
                return;
            }
            Optional<ApiError> error = ApiError.in(ack);
            if (error.isPresent()) {
                refused(error.get());
                return;
            }
            long revision = JsonValueUtils.readLong(ack, "seq", 0);
            if (revision <= 0 || !bucket.stream().equals(JsonValueUtils.readString(ack, "stream"))) {
                fail(unknown("the answer is no acknowledgement of " + bucket.stream(), null));
                return;
            }
            result.complete(OptionalLong.of(revision));
        }

        private void refused(ApiError error) {
            if (error.isConflict() && unclear) {
                fail("it was sent again, and then refused: " + error);
            } else if (error.isConflict()) {
                result.complete(OptionalLong.empty());
            } else if (error.isTransient()) {
                again(error.toString());
            } else if (error.isServerFault()) {
                fail(unknown(error.toString(), null));
            } else {
                fail(error.toString());
            }
        }

        private void again(String problem) {
            long millis = pause / 2 + ThreadLocalRandom.current().nextLong(pause);
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            timer.after(Duration.ofMillis(millis), () -> attempt(problem));
        }

        private void fail(String why) {
            fail(unclear ? unknown(why, null) : unavailable(why));
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
            return "key " + key + " of " + bucket.bucketName();
        }
    }
}
