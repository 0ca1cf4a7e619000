package io.unibus.bootstrap;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.store.StoreException;
import io.unibus.store.jetstream.Link;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Questions to the servers through their system account. A server answers them from its memory within some milliseconds,
 * also when no group has a leader. Thread-safe.
 */
public final class ServerQueries implements Servers {
    private static final Logger log = LoggerFactory.getLogger(ServerQueries.class);

    private static final Duration LIMIT = Duration.ofMillis(500);
    private static final String PING = "$SYS.REQ.SERVER.PING.";
    private static final String SERVER = "$SYS.REQ.SERVER.";
    private static final byte[] NOTHING = new byte[0];

    private final Link system;
    private final byte[] streamsOfAccount;

    /**
     * Connects nothing itself.
     *
     * @param system to this node's own server, as a user of the system account
     * @param account the one that owns the buckets
     */
    public ServerQueries(Link system, String account) {
        this.system = system;
        this.streamsOfAccount = ("{\"account\":\"" + account + "\",\"streams\":true,\"config\":true}")
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public List<ServerReport> reports() {
        List<ServerReport> reports = new ArrayList<>();
        for (JsonValue answer : all("JSZ", streamsOfAccount)) {
            reports.add(report(answer));
        }
        return reports;
    }

    @Override
    public Optional<Set<String>> connectedPeers() {
        return own("ROUTEZ").map(data -> {
            Set<String> names = new HashSet<>();
            for (JsonValue route : JsonValueUtils.readArray(data, "routes")) {
                names.add(JsonValueUtils.readString(route, "remote_name", ""));
            }
            return names;
        });
    }

    @Override
    public Optional<String> ownTrouble() {
        return own("HEALTHZ")
                .filter(data -> !"ok".equals(JsonValueUtils.readString(data, "status", "ok")))
                .map(data -> JsonValueUtils.readString(
                        data, "error", JsonValueUtils.readString(data, "status", "without a reason")));
    }

    @Override
    public Optional<String> ownId() {
        try {
            String id = system.connection().getServerInfo().getServerId();
            return Optional.ofNullable(id).filter(text -> !text.isEmpty());
        } catch (StoreException | IllegalStateException notConnected) {
            return Optional.empty();
        }
    }

    private Optional<JsonValue> own(String question) {
        return ownId().flatMap(id -> {
            try {
                @Nullable Message answer = system.connection().request(SERVER + id + "." + question, NOTHING, LIMIT);
                return answer == null ? Optional.empty() : parse(answer).map(value -> data(value));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            } catch (StoreException | IllegalStateException | IllegalArgumentException e) {
                log.debug("no answer to {}", question, e);
                return Optional.empty();
            }
        });
    }

    /** Collects until as many have answered as the first says there are, or the limit. */
    private List<JsonValue> all(String question, byte[] body) {
        List<JsonValue> answers = new ArrayList<>();
        try {
            Connection connection = system.connection();
            String inbox = connection.createInbox();
            Subscription subscription = connection.subscribe(inbox);
            try {
                connection.publish(PING + question, inbox, body);
                long deadline = System.nanoTime() + LIMIT.toNanos();
                int expected = Integer.MAX_VALUE;
                while (answers.size() < expected) {
                    long left = deadline - System.nanoTime();
                    @Nullable Message answer = left > 0 ? subscription.nextMessage(Duration.ofNanos(left)) : null;
                    if (answer == null) {
                        break;
                    }
                    parse(answer).ifPresent(answers::add);
                    expected = answers.isEmpty() ? expected : Math.max(1, expected(answers.get(0)));
                }
            } finally {
                subscription.unsubscribe();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (StoreException | IllegalStateException | IllegalArgumentException e) {
            log.debug("no answers to {}", question, e);
        }
        return answers;
    }

    private static int expected(JsonValue answer) {
        @Nullable JsonValue meta = JsonValueUtils.readValue(data(answer), "meta_cluster");
        return meta == null ? 1 : JsonValueUtils.readInteger(meta, "cluster_size", 1);
    }

    private static Optional<JsonValue> parse(Message answer) {
        try {
            return Optional.of(JsonParser.parse(answer.getData()));
        } catch (JsonParseException e) {
            log.debug("an answer that is no JSON", e);
            return Optional.empty();
        }
    }

    private static JsonValue data(JsonValue answer) {
        return JsonValueUtils.readObject(answer, "data");
    }

    static ServerReport report(JsonValue answer) {
        JsonValue server = JsonValueUtils.readObject(answer, "server");
        JsonValue data = data(answer);
        JsonValue meta = JsonValueUtils.readObject(data, "meta_cluster");
        Map<String, StreamReport> streams = new HashMap<>();
        for (JsonValue account : JsonValueUtils.readArray(data, "account_details")) {
            for (JsonValue stream : JsonValueUtils.readArray(account, "stream_detail")) {
                streams.put(JsonValueUtils.readString(stream, "name", ""), stream(stream));
            }
        }
        return new ServerReport(
                JsonValueUtils.readString(server, "name", ""),
                JsonValueUtils.readString(server, "id", ""),
                JsonValueUtils.readString(server, "ver", ""),
                JsonValueUtils.readString(meta, "leader", ""),
                JsonValueUtils.readInteger(meta, "cluster_size", 0),
                followers(meta),
                streams);
    }

    private static StreamReport stream(JsonValue stream) {
        JsonValue cluster = JsonValueUtils.readObject(stream, "cluster");
        JsonValue state = JsonValueUtils.readObject(stream, "state");
        return new StreamReport(
                JsonValueUtils.readString(cluster, "leader", ""),
                JsonValueUtils.readInteger(JsonValueUtils.readObject(stream, "config"), "num_replicas", 1),
                followers(cluster),
                new StreamReport.Digest(
                        JsonValueUtils.readLong(state, "messages", 0),
                        JsonValueUtils.readLong(state, "bytes", 0),
                        JsonValueUtils.readLong(state, "first_seq", 0),
                        JsonValueUtils.readLong(state, "last_seq", 0),
                        JsonValueUtils.readLong(state, "num_subjects", 0),
                        JsonValueUtils.readLong(state, "num_deleted", 0)));
    }

    private static List<ReplicaReport> followers(JsonValue cluster) {
        List<ReplicaReport> followers = new ArrayList<>();
        for (JsonValue replica : JsonValueUtils.readArray(cluster, "replicas")) {
            followers.add(new ReplicaReport(
                    JsonValueUtils.readString(replica, "name", ""),
                    JsonValueUtils.readBoolean(replica, "current"),
                    JsonValueUtils.readBoolean(replica, "offline"),
                    Duration.ofNanos(JsonValueUtils.readLong(replica, "active", 0)),
                    JsonValueUtils.readLong(replica, "lag", 0)));
        }
        return followers;
    }
}
