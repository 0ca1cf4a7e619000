package io.unibus.store.jetstream;

import io.nats.client.Connection;
import io.nats.client.JetStreamStatusException;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.support.NatsRequestCompletableFuture;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Single requests with a time limit that is kept, which the client library's own is not. Thread-safe, does not block. */
final class Requests {
    private static final int NO_RESPONDERS = 503;

    private final Link link;

    Requests(Link link) {
        this.link = link;
    }

    /** Completes with the answer in the limit, on a thread that must not be blocked; never fails. */
    CompletableFuture<Answer> send(String subject, byte[] body, Duration limit) {
        return begin(List.of(new Outgoing(subject, null, body)), limit)
                .completeOnTimeout(
                        new Answer.Unanswered("no answer within " + limit.toMillis() + " ms"),
                        limit.toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    /** A message to be published. */
    @SuppressWarnings("ArrayRecordComponent")
    record Outgoing(String subject, @Nullable Headers headers, byte[] body) {}

    /**
     * Publishes messages in this order on one connection, the last of them as the request. Like {@link #send}, but completes
     * without an answer only some seconds after the limit.
     */
    CompletableFuture<Answer> begin(List<Outgoing> messages, Duration limit) {
        try {
            Connection connection = link.connection();
            if (connection.getStatus() != Connection.Status.CONNECTED) {
                return notTaken("not connected: " + connection.getStatus());
            }
            Outgoing last = messages.get(messages.size() - 1);
            for (Outgoing message : messages.subList(0, messages.size() - 1)) {
                connection.publish(message.subject(), message.headers(), message.body());
            }
            // The library removes what it waits for at the first of its rounds after the limit.
            CompletableFuture<Message> request =
                    connection.requestWithTimeout(last.subject(), last.headers(), last.body(), limit);
            return request.handle((message, failure) -> message != null ? answered(message) : failed(request, failure));
        } catch (StoreUnavailableException e) {
            return notTaken(e.getMessage());
        } catch (IllegalStateException | IllegalArgumentException e) {
            // Closed, draining, without a buffer while disconnected, or too large: thrown before the last is queued.
            return notTaken(String.valueOf(e.getMessage()));
        }
    }

    private static Answer answered(Message message) {
        return message.isStatusMessage() && message.getStatus().getCode() == NO_RESPONDERS
                ? new Answer.NotTaken("no responders")
                : new Answer.Answered(message);
    }

    private static Answer failed(CompletableFuture<Message> request, @Nullable Throwable failure) {
        return isNoResponders(request)
                ? new Answer.NotTaken("no responders")
                : new Answer.Unanswered("no answer: " + failure);
    }

    /** The library says it by an exception or by cancelling the request, depending on its options. */
    private static boolean isNoResponders(CompletableFuture<Message> request) {
        if (!request.isCompletedExceptionally()) {
            return false;
        }
        Throwable failure = request.handle((message, thrown) -> thrown).join();
        if (failure instanceof JetStreamStatusException status) {
            return status.getStatus().getCode() == NO_RESPONDERS;
        }
        return failure instanceof CancellationException
                && request instanceof NatsRequestCompletableFuture cancelled
                && !cancelled.wasCancelledClosing()
                && !cancelled.wasCancelledTimedOut();
    }

    private static CompletableFuture<Answer> notTaken(String why) {
        return CompletableFuture.completedFuture(new Answer.NotTaken(why));
    }
}
