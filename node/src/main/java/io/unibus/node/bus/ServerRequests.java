package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the servers of the cluster, in their own account. Each is bounded by {@link #LIMIT}, a reload by
 * {@link #RELOAD_LIMIT}. Thread-safe.
 *
 * <p>Source of the forms: the NATS documentation of system events and services.
 */
final class ServerRequests {
    static final Duration LIMIT = Duration.ofSeconds(2);
    /** A reload asks the callout again for every connection, in turn. */
    static final Duration RELOAD_LIMIT = Duration.ofSeconds(30);

    private static final int PAGE = 1024;
    /** Limits the list of a connection's subscriptions, whose subjects are of the client's choice. */
    private static final int MOST_BYTES = 4 << 20;

    private final Supplier<Optional<Connection>> system;

    /** @param system the present login to the servers' account */
    ServerRequests(Supplier<Optional<Connection>> system) {
        this.system = system;
    }

    /** Closes a connection. Returns whether it was there; fails when the server does not answer. */
    CompletableFuture<Boolean> kick(ConnectionId connection) {
        return ask(connection.serverId(), "KICK", "{\"cid\":" + connection.number() + "}", LIMIT)
                .thenApply(answer -> errorIn(answer).isEmpty());
    }

    /** Lets a server read its configuration again, and ask the callout for each of its connections; fails when it refuses. */
    CompletableFuture<Void> reload(String serverId) {
        return ask(serverId, "RELOAD", "", RELOAD_LIMIT).thenAccept(ServerRequests::requireNoError);
    }

    /** Returns the numbers of the open connections that {@link #subscriptionCounts} knows. */
    Set<Long> connections(String serverId, String account) throws ExecutionException, InterruptedException {
        return subscriptionCounts(serverId, account).keySet();
    }

    /**
     * Returns how many subscriptions each open connection of an account's users to a server has, by the number of the connection. One
     * that ends while this reads page by page may push another out of sight: what is missing is gone for certain only if it is
     * missing twice.
     *
     * @throws ExecutionException when the server does not say
     */
    Map<Long, Long> subscriptionCounts(String serverId, String account)
            throws ExecutionException, InterruptedException {
        Map<Long, Long> counts = new HashMap<>();
        int offset = 0;
        long total;
        do {
            String question =
                    "{\"acc\":\"" + account + "\",\"limit\":" + PAGE + ",\"offset\":" + offset + ",\"sort\":\"cid\"}";
            JsonValue answer = ask(serverId, "CONNZ", question, LIMIT).get();
            requireNoError(answer);
            JsonValue data = JsonValueUtils.readObject(answer, "data");
            JsonValueUtils.readArray(data, "connections")
                    .forEach(connection -> counts.put(
                            JsonValueUtils.readLong(connection, "cid", 0),
                            JsonValueUtils.readLong(connection, "subscriptions", 0)));
            total = JsonValueUtils.readLong(data, "total", 0);
            offset += PAGE;
        } while (offset < total);
        return counts;
    }

    /**
     * Returns the subjects that a connection subscribes to, none when it is gone; empty when their list is longer than is read.
     *
     * @throws ExecutionException when the server does not say
     */
    Optional<List<String>> subscriptions(ConnectionId connection) throws ExecutionException, InterruptedException {
        String question = "{\"cid\":" + connection.number() + ",\"subscriptions\":true}";
        Message answer =
                askUnread(connection.serverId(), "CONNZ", question, LIMIT).get();
        if (answer.getData().length > MOST_BYTES) {
            return Optional.empty();
        }
        JsonValue read = parse(answer);
        requireNoError(read);
        return Optional.of(JsonValueUtils.readArray(JsonValueUtils.readObject(read, "data"), "connections").stream()
                .flatMap(one -> JsonValueUtils.readStringList(one, "subscriptions_list").stream())
                .toList());
    }

    private CompletableFuture<JsonValue> ask(String serverId, String what, String question, Duration limit) {
        return askUnread(serverId, what, question, limit).thenApply(ServerRequests::parse);
    }

    private CompletableFuture<Message> askUnread(String serverId, String what, String question, Duration limit) {
        Optional<Connection> connection = system.get();
        if (connection.isEmpty()) {
            return CompletableFuture.failedFuture(new IllegalStateException("no login to the servers' account"));
        }
        try {
            return connection
                    .get()
                    .requestWithTimeout(
                            "$SYS.REQ.SERVER." + serverId + "." + what,
                            question.getBytes(StandardCharsets.UTF_8),
                            limit)
                    .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS); // the library looks only now and then
        } catch (IllegalStateException e) { // it is not connected now
            return CompletableFuture.failedFuture(e);
        }
    }

    private static JsonValue parse(Message answer) {
        try {
            return JsonParser.parse(answer.getData());
        } catch (JsonParseException e) {
            throw new IllegalStateException("a server's answer is not JSON", e);
        }
    }

    private static Optional<String> errorIn(JsonValue answer) {
        @Nullable JsonValue error = JsonValueUtils.readValue(answer, "error");
        return error == null || error.type == JsonValue.Type.NULL ? Optional.empty() : Optional.of(error.toString());
    }

    private static void requireNoError(JsonValue answer) {
        errorIn(answer).ifPresent(error -> {
            throw new IllegalStateException("a server refused a request: " + error);
        });
    }
}
