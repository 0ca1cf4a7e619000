package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.node.host.DaemonWorker;
import io.unibus.protocol.Endpoint;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the registry of connections as the servers know them: by their events, and, since an event can be missed, by asking them again
 * and again. A connection is forgotten only when its server does not know it. Thread-safe; closed by {@link EnforcedAccess}.
 */
final class ConnectionTracker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ConnectionTracker.class);

    private static final Duration COMPARISON = Duration.ofSeconds(20);
    /** A server that says nothing for so long does not come back under this id. */
    private static final Duration SERVER_END = Duration.ofMinutes(10);

    private final PeerConnectionRegistry registry;
    private final ServerRequests servers;
    private final Supplier<Optional<String>> ownServer;
    private final String account;
    private final LongSupplier nanoTime;
    private final Consumer<Endpoint> foreignEstablished;
    private final DaemonWorker worker = new DaemonWorker("bus-connections");
    /** Holds when a server was last heard of, by its id. */
    private final Map<String, Long> heard = new ConcurrentHashMap<>();

    private volatile boolean started;

    /**
     * @param ownServer the id of this node's own server, while there is one
     * @param account whose connections these are
     * @param foreignEstablished told of whom another node has let in
     */
    ConnectionTracker(
            PeerConnectionRegistry registry,
            ServerRequests servers,
            Supplier<Optional<String>> ownServer,
            String account,
            LongSupplier nanoTime,
            Consumer<Endpoint> foreignEstablished) {
        this.registry = registry;
        this.servers = servers;
        this.ownServer = ownServer;
        this.account = account;
        this.nanoTime = nanoTime;
        this.foreignEstablished = foreignEstablished;
    }

    /** Begins to ask the servers. */
    void start() {
        started = true;
        worker.after(0, this::compareRepeatedly);
    }

    /** Hears on a new login to the servers' account which connections come and go. */
    void follow(Connection system) {
        Dispatcher events = system.createDispatcher(this::heard);
        events.subscribe("$SYS.ACCOUNT." + account + ".CONNECT");
        events.subscribe("$SYS.ACCOUNT." + account + ".DISCONNECT");
        events.subscribe("$SYS.SERVER.*.STATSZ");
        events.subscribe("$SYS.SERVER.*.SHUTDOWN");
    }

    /** Makes up for what may have been missed while there was no login. */
    void catchUp() {
        if (started) {
            worker.execute(this::compareAll);
        }
    }

    private void heard(Message event) {
        try {
            JsonValue json = JsonParser.parse(event.getData());
            @Nullable String server = JsonValueUtils.readString(JsonValueUtils.readObject(json, "server"), "id");
            if (server == null) {
                return;
            }
            heard.put(server, nanoTime.getAsLong());
            ConnectionId id = new ConnectionId(
                    server, JsonValueUtils.readLong(JsonValueUtils.readObject(json, "client"), "id", 0));
            if (event.getSubject().endsWith(".CONNECT")) {
                registry.find(id).ifPresent(this::established);
            } else if (event.getSubject().endsWith(".DISCONNECT")) {
                registry.remove(id);
            } else if (event.getSubject().endsWith(".SHUTDOWN")) {
                registry.removeIf(connection -> connection.id().serverId().equals(server));
            }
        } catch (JsonParseException e) {
            log.debug("an event of a server is not JSON");
        }
    }

    private void established(PeerConnection connection) {
        connection.establish();
        if (!connection.isOwn()) { // it may have been let in with what it may not have any more
            foreignEstablished.accept(connection.endpoint());
        }
    }

    private void compareRepeatedly() {
        try {
            compareAll();
        } finally {
            worker.after(COMPARISON.toMillis(), this::compareRepeatedly);
        }
    }

    private void compareAll() {
        Optional<String> own = ownServer.get();
        long now = nanoTime.getAsLong();
        own.ifPresent(this::compareWith);
        for (String server : registry.servers()) {
            if (own.filter(server::equals).isPresent()) {
                continue;
            }
            boolean isSilent = now - heard.computeIfAbsent(server, first -> now) > SERVER_END.toNanos();
            if (!compareWith(server) && isSilent) {
                registry.removeIf(connection -> connection.id().serverId().equals(server));
                heard.remove(server);
            }
        }
        ownServer
                .get()
                .ifPresent(id -> registry.removeIf(connection ->
                        connection.isOwn() && !connection.id().serverId().equals(id)));
    }

    /** Compares with what a server says, since an event can be missed. Returns whether it said something. */
    private boolean compareWith(String server) {
        long asked = nanoTime.getAsLong();
        try {
            Set<Long> open = servers.connections(server, account);
            for (PeerConnection connection : registry.to(server)) {
                boolean isOpen = open.remove(connection.id().number());
                if (isOpen && !connection.isEstablished()) {
                    established(connection);
                } else if (isOpen) {
                    connection.establish();
                } else if (asked - connection.entered() > AllowlistLoginPolicy.HOLD_LIMIT.toNanos()
                        && connection.miss()) {
                    registry.remove(connection.id());
                }
            }
            if (ownServer.get().filter(server::equals).isPresent()) {
                open.stream().map(number -> new ConnectionId(server, number)).forEach(this::kickUnknown);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | IllegalStateException e) {
            log.debug("the connections to {} are not known now: {}", server, e.getMessage());
        }
        return false;
    }

    /** Closes a connection to this node's own server of which nobody knows whose it is: nothing could reach it. */
    private void kickUnknown(ConnectionId id) {
        if (registry.find(id).isEmpty()) {
            var unused = servers.kick(id)
                    .whenComplete((closed, failure) -> log.info(
                            "connection {} to the bus is not known, and was asked to come again", id.number()));
        }
    }

    @Override
    public void close() {
        worker.end();
    }
}
