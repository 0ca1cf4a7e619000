package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the servers of the cluster, in their own account. Each is bounded by {@link #LIMIT}. Thread-safe.
 *
 * <p>Source of the forms: the NATS documentation of system events and services.
 */
final class ServerRequests {
    static final Duration LIMIT = Duration.ofSeconds(2);
    /** A reload asks the callout again for every connection, in turn. */
    static final Duration RELOAD_LIMIT = Duration.ofSeconds(30);

    private static final int PAGE = 1024;

    private final Supplier<Optional<Connection>> system;

    /** @param system the present login to the servers' account */
    ServerRequests(Supplier<Optional<Connection>> system) {
        this.system = system;
    }

    /** Closes a connection; fails when the server does not answer. A connection that is gone already is no failure. */
    CompletableFuture<JsonValue> kick(ConnectionId connection) {
        return ask(connection.serverId(), "KICK", "{\"cid\":" + connection.number() + "}", LIMIT);
    }

    /** Lets a server read its configuration again, and ask the callout for each of its connections; fails when it refuses. */
    CompletableFuture<JsonValue> reload(String serverId) {
        return ask(serverId, "RELOAD", "", RELOAD_LIMIT);
    }

    /** Returns the numbers of the open connections of an account's users to a server. @throws RuntimeException when it does not say */
    Set<Long> connections(String serverId, String account) {
        Set<Long> numbers = new HashSet<>();
        int offset = 0;
        long total;
        do {
            JsonValue data = JsonValueUtils.readObject(
                    ask(
                                    serverId,
                                    "CONNZ",
                                    "{\"acc\":\"" + account + "\",\"limit\":" + PAGE + ",\"offset\":" + offset + "}",
                                    LIMIT)
                            .join(),
                    "data");
            JsonValueUtils.readArray(data, "connections")
                    .forEach(connection -> numbers.add(JsonValueUtils.readLong(connection, "cid", 0)));
            total = JsonValueUtils.readLong(data, "total", 0);
            offset += PAGE;
        } while (offset < total);
        return numbers;
    }

    private CompletableFuture<JsonValue> ask(String serverId, String what, String question, Duration limit) {
        Optional<Connection> connection = system.get();
        if (connection.isEmpty()) {
            return CompletableFuture.failedFuture(new IllegalStateException("no login to the servers' account"));
        }
        return connection
                .get()
                .requestWithTimeout(
                        "$SYS.REQ.SERVER." + serverId + "." + what, question.getBytes(StandardCharsets.UTF_8), limit)
                .thenApply(answer -> answerOf(what, answer));
    }

    private static JsonValue answerOf(String what, Message answer) {
        JsonValue json;
        try {
            json = JsonParser.parse(answer.getData());
        } catch (JsonParseException e) {
            throw new IllegalStateException("the answer to " + what + " is not JSON", e);
        }
        JsonValue error = JsonValueUtils.readObject(json, "error");
        @Nullable String description = JsonValueUtils.readString(error, "description");
        if (description != null && !what.equals("KICK")) {
            throw new IllegalStateException(what + " was refused: " + description);
        }
        return json;
    }
}
