package io.unibus.store.jetstream;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.store.StoreUnavailableException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads by the JetStream API, each in several attempts within the operation timeout: an attempt may reach a server that is
 * gone, and the next another. Thread-safe; blocks.
 */
final class JetStreamReads implements Reads, Inspection {
    private static final int ATTEMPTS = 4;
    private static final long LONGEST_PAUSE_MILLIS = 20;
    private static final int PAGE_BYTES = 4 << 20;
    private static final int END_OF_BATCH = 204;
    private static final int NOT_FOUND = 404;

    private final Link link;
    private final Requests requests;
    private final LongSupplier nanoTime;
    private final Duration timeout;

    JetStreamReads(Link link, LongSupplier nanoTime, Duration timeout) {
        this.link = link;
        this.requests = new Requests(link);
        this.nanoTime = nanoTime;
        this.timeout = timeout;
    }

    /** One attempt: what came of it, or the reason why there was no answer. */
    private record Attempt<T>(@Nullable T value, String problem) {
        static <T> Attempt<T> of(T value) {
            return new Attempt<>(value, "");
        }

        static <T> Attempt<T> failed(String problem) {
            return new Attempt<>(null, problem);
        }
    }

    @Override
    public Optional<Entry> anywhere(Bucket bucket, String key) {
        String subject = "$JS.API.DIRECT.GET." + bucket.stream() + "." + bucket.subject(key);
        return repeat(bucket, limit -> {
            Answer answer = await(subject, new byte[0], limit);
            if (!(answer instanceof Answer.Answered answered)) {
                return Attempt.failed(problem(answer));
            }
            Message message = answered.message();
            if (message.isStatusMessage()) {
                return message.getStatus().getCode() == NOT_FOUND
                        ? Attempt.of(Optional.empty())
                        : Attempt.failed(status(message));
            }
            Optional<Entry> entry = Entries.of(bucket, message);
            return entry.isPresent() ? Attempt.of(entry) : Attempt.failed("the answer is no entry of the bucket");
        });
    }

    @Override
    public Map<String, Entry> anywhere(Bucket bucket, Collection<String> keys) {
        if (keys.isEmpty()) {
            return Map.of();
        }
        if (keys.size() > MOST_KEYS) {
            throw new IllegalArgumentException("at most " + MOST_KEYS + " keys at once, not " + keys.size());
        }
        String subjects = keys.stream().map(bucket::subject).collect(Collectors.joining("\",\"", "[\"", "\"]"));
        String request = "{\"multi_last\":" + subjects + ",\"batch\":" + keys.size() + "}";
        Page page = repeat(bucket, limit -> {
            Attempt<Page> answer = batch(bucket, request, limit);
            return answer.value() != null && answer.value().remaining() > 0
                    ? Attempt.failed("not all that was asked for came in time")
                    : answer;
        });
        return page.entries().stream().collect(Collectors.toMap(Entry::key, Function.identity()));
    }

    @Override
    public Optional<Entry> atLeader(Bucket bucket, String key) {
        String request = "{\"last_by_subj\":\"" + bucket.subject(key) + "\"}";
        return repeat(
                bucket,
                limit -> api("STREAM.MSG.GET", bucket, request, limit, answer -> {
                    Optional<ApiError> error = ApiError.in(answer);
                    if (error.isPresent()) {
                        return error.get().isNoMessage()
                                ? Attempt.of(Optional.empty())
                                : Attempt.failed(error.get().toString());
                    }
                    Optional<Entry> entry = Entries.of(bucket, answer);
                    return entry.isPresent()
                            ? Attempt.of(entry)
                            : Attempt.failed("the answer is no entry of the bucket");
                }));
    }

    @Override
    public Facts facts(Bucket bucket) {
        return repeat(
                bucket,
                limit -> api("STREAM.INFO", bucket, "", limit, answer -> {
                    Optional<ApiError> error = ApiError.in(answer);
                    if (error.isPresent()) {
                        return Attempt.failed(error.get().toString());
                    }
                    Instant created = Entries.time(JsonValueUtils.readString(answer, "created"));
                    JsonValue state = JsonValueUtils.readValue(answer, "state");
                    return created == null || state == null
                            ? Attempt.failed("the answer does not describe a stream")
                            : Attempt.of(new Facts(created, JsonValueUtils.readLong(state, "last_seq", 0)));
                }));
    }

    @Override
    public Page page(Bucket bucket, long fromSequence, int limit) {
        // Of all subjects: with one named, the server counts what is left of it anew for each page.
        String request =
                "{\"seq\":" + Math.max(1, fromSequence) + ",\"batch\":" + limit + ",\"max_bytes\":" + PAGE_BYTES + "}";
        return repeat(bucket, attempt -> batch(bucket, request, attempt));
    }

    /** Asks one replica for a batch, whose messages name their predecessors, so that none is missed. */
    private Attempt<Page> batch(Bucket bucket, String request, Duration limit) throws InterruptedException {
        Connection connection = link.connection();
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            return Attempt.failed("not connected: " + connection.getStatus());
        }
        String inbox = connection.createInbox();
        Subscription answers = connection.subscribe(inbox);
        try {
            connection.publish(
                    "$JS.API.DIRECT.GET." + bucket.stream(), inbox, request.getBytes(StandardCharsets.UTF_8));
            return collect(bucket, answers, nanoTime.getAsLong() + limit.toNanos());
        } finally {
            if (answers.isActive()) {
                answers.unsubscribe();
            }
        }
    }

    private Attempt<Page> collect(Bucket bucket, Subscription answers, long deadline) throws InterruptedException {
        List<Entry> entries = new ArrayList<>();
        long last = 0;
        while (true) {
            long left = deadline - nanoTime.getAsLong();
            Message message = left > 0 ? answers.nextMessage(Duration.ofNanos(left)) : null;
            if (message == null) {
                return entries.isEmpty() ? Attempt.failed("no answer in time") : Attempt.of(new Page(entries, 1));
            }
            long predecessor = Entries.number(message.getHeaders(), "Nats-Last-Sequence");
            if (message.isStatusMessage()) {
                int code = message.getStatus().getCode();
                if (code == NOT_FOUND && entries.isEmpty()) {
                    return Attempt.of(new Page(entries, 0));
                }
                long remaining = Entries.number(message.getHeaders(), "Nats-Num-Pending");
                return code == END_OF_BATCH && predecessor == last && remaining >= 0
                        ? Attempt.of(new Page(entries, remaining))
                        : Attempt.failed(status(message));
            }
            Optional<Entry> entry = Entries.of(bucket, message);
            if (entry.isEmpty() || predecessor != last || entry.get().revision() <= last) {
                return Attempt.failed("an answer in several parts came without one of them");
            }
            last = entry.get().revision();
            entries.add(entry.get());
        }
    }

    private <T> Attempt<T> api(
            String call, Bucket bucket, String request, Duration limit, Function<JsonValue, Attempt<T>> reader)
            throws InterruptedException {
        Answer answer =
                await("$JS.API." + call + "." + bucket.stream(), request.getBytes(StandardCharsets.UTF_8), limit);
        if (!(answer instanceof Answer.Answered answered)) {
            return Attempt.failed(problem(answer));
        }
        try {
            return reader.apply(JsonParser.parse(answered.message().getData()));
        } catch (JsonParseException e) {
            return Attempt.failed("the answer is not JSON: " + e.getMessage());
        }
    }

    private Answer await(String subject, byte[] body, Duration limit) throws InterruptedException {
        try {
            return requests.send(subject, body, limit).get();
        } catch (ExecutionException e) {
            return new Answer.Unanswered(String.valueOf(e.getCause()));
        }
    }

    /** Something to try with a time limit. */
    private interface Try<T> {
        Attempt<T> within(Duration limit) throws InterruptedException;
    }

    private <T> T repeat(Bucket bucket, Try<T> attempt) {
        long deadline = nanoTime.getAsLong() + timeout.toNanos();
        String problem = "no answer in time";
        try {
            while (true) {
                long left = deadline - nanoTime.getAsLong();
                if (left <= 0) {
                    throw unavailable(bucket, problem, null);
                }
                Attempt<T> result = once(attempt, Duration.ofNanos(Math.min(left, timeout.toNanos() / ATTEMPTS)));
                T value = result.value();
                if (value != null) {
                    return value;
                }
                problem = result.problem();
                Thread.sleep(ThreadLocalRandom.current().nextLong(1, LONGEST_PAUSE_MILLIS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(bucket, "interrupted", e);
        }
    }

    private static <T> Attempt<T> once(Try<T> attempt, Duration limit) throws InterruptedException {
        try {
            return attempt.within(limit);
        } catch (StoreUnavailableException | IllegalStateException e) {
            // There is no connection, or it is closed; the link may have another at the next attempt.
            return Attempt.failed(String.valueOf(e.getMessage()));
        }
    }

    private static StoreUnavailableException unavailable(Bucket bucket, String why, @Nullable Throwable cause) {
        return new StoreUnavailableException(
                "bucket " + bucket.bucketName() + " was not read: " + why + "; try again", cause);
    }

    private static String problem(Answer answer) {
        if (answer instanceof Answer.NotTaken notTaken) {
            return notTaken.why();
        }
        return answer instanceof Answer.Unanswered unanswered ? unanswered.why() : "";
    }

    private static String status(Message message) {
        return "status " + message.getStatus().getCode() + " "
                + message.getStatus().getMessage();
    }
}
