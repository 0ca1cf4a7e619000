package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.unibus.node.control.BusAccess;
import io.unibus.node.control.ControlPlane;
import io.unibus.protocol.Endpoint;
import io.unibus.store.AccessListener;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets every change of access reach the live connections, with bus-auth {@code enforce}. A connection that has lost something is
 * closed, and its client comes back with what is left. For those that have gained something the server reloads its
 * configuration, whereupon it asks anew for each connection, and none is closed. Thread-safe; closed by {@link Bus}.
 *
 * <p>A connection to another node is closed from here when that node has not done so in time, as one that is paused.
 */
final class AccessEnforcer implements AccessListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessEnforcer.class);

    /** How long the node of a connection has to close it before another does. */
    private static final Duration FOREIGN_GRACE = Duration.ofMillis(300);

    private static final Duration RETRY = Duration.ofMillis(200);
    /** Grants that come within are one reload. */
    private static final Duration GATHER = Duration.ofMillis(150);

    private static final Duration SWEEP = Duration.ofSeconds(10);
    /** A login that has not become a connection until then has failed. */
    private static final Duration LOGIN_END = AllowlistLoginPolicy.HOLD_LIMIT.plusSeconds(10);
    /** Servers say every 10 seconds that they are there. */
    private static final Duration SERVER_END = Duration.ofSeconds(90);

    private final ControlPlane control;
    private final PeerConnectionRegistry registry;
    private final ServerRequests servers;
    private final Supplier<Optional<String>> ownServer;
    private final String account;
    private final LongSupplier nanoTime;
    private final DaemonWorker worker = new DaemonWorker("bus-access");
    private final DaemonWorker reloads = new DaemonWorker("bus-reload");
    private final Map<String, Long> heard = new ConcurrentHashMap<>();

    private Set<Endpoint> changed = new HashSet<>();
    private boolean allChanged;
    private boolean checkIsDue;
    private boolean reloadIsDue;

    /**
     * @param ownServer the id of this node's own server, while there is one
     * @param account whose connections these are
     */
    AccessEnforcer(
            ControlPlane control,
            PeerConnectionRegistry registry,
            ServerRequests servers,
            Supplier<Optional<String>> ownServer,
            String account,
            LongSupplier nanoTime) {
        this.control = control;
        this.registry = registry;
        this.servers = servers;
        this.ownServer = ownServer;
        this.account = account;
        this.nanoTime = nanoTime;
    }

    /** Begins to look after connections that go unheard. */
    void start() {
        worker.after(SWEEP.toMillis(), this::sweep);
        anyAccessMayHaveChanged();
    }

    /** Hears on a new login to the servers' account which connections come and go. */
    void follow(Connection system) {
        Dispatcher events = system.createDispatcher(this::heard);
        events.subscribe("$SYS.ACCOUNT." + account + ".CONNECT");
        events.subscribe("$SYS.ACCOUNT." + account + ".DISCONNECT");
        events.subscribe("$SYS.SERVER.*.STATSZ");
        events.subscribe("$SYS.SERVER.*.SHUTDOWN");
        reloads.execute(this::forgetGone); // what went while nobody listened
    }

    /** @throws StoreException when it cannot be confirmed now */
    BusAccess accessOf(Endpoint endpoint) {
        return control.busAccess(endpoint);
    }

    @Override
    public void accessMayHaveChanged(Endpoint endpoint) {
        if (registry.has(endpoint)) {
            note(List.of(endpoint), false, 0);
        }
    }

    @Override
    public void anyAccessMayHaveChanged() {
        note(List.of(), true, 0);
    }

    /** Finds out what a login at another node is granted there. */
    void noteForeign(PeerConnection connection) {
        note(List.of(connection.endpoint()), false, 0);
    }

    private void note(Collection<Endpoint> endpoints, boolean all, long delayMillis) {
        synchronized (this) {
            changed.addAll(endpoints);
            allChanged |= all;
            if (checkIsDue) {
                return;
            }
            checkIsDue = true;
        }
        worker.after(delayMillis, this::check);
    }

    private void check() {
        Set<Endpoint> endpoints;
        synchronized (this) {
            checkIsDue = false;
            endpoints = changed;
            changed = new HashSet<>();
            if (allChanged) {
                endpoints.addAll(registry.endpoints());
                allChanged = false;
            }
        }
        Set<Endpoint> undecided = new HashSet<>(endpoints);
        try {
            for (Endpoint endpoint : endpoints) {
                if (checked(endpoint)) {
                    undecided.remove(endpoint);
                }
            }
        } catch (StoreUnavailableException e) { // nor is it for the others
            log.debug("the access of {} endpoints is not known now: {}", undecided.size(), e.getMessage());
        }
        if (!undecided.isEmpty()) {
            note(undecided, false, RETRY.toMillis());
        }
    }

    private boolean checked(Endpoint endpoint) {
        try {
            compare(endpoint, control.busAccess(endpoint));
            return true;
        } catch (StoreUnusableException e) {
            log.debug("the access of {} cannot be read: {}", endpoint, e.getMessage());
            return false;
        }
    }

    private void compare(Endpoint endpoint, BusAccess access) {
        List<PeerConnection> foreign = new ArrayList<>();
        for (PeerConnection connection : registry.of(endpoint)) {
            boolean own = isOwn(connection);
            if (!own && connection.granted().isEmpty() && access instanceof BusAccess.Granted granted) {
                boolean unused = connection.grant(granted.rooms());
                continue;
            }
            switch (connection.compare(access)) {
                case LOSS -> {
                    if (own) {
                        kick(connection);
                    } else {
                        foreign.add(connection);
                    }
                }
                case GAIN -> {
                    if (own) {
                        requestReload();
                    }
                }
                case NONE -> {}
            }
        }
        if (!foreign.isEmpty()) {
            worker.after(FOREIGN_GRACE.toMillis(), () -> foreign.stream()
                    .filter(connection -> registry.find(connection.id()).isPresent())
                    .forEach(this::kick));
        }
    }

    private boolean isOwn(PeerConnection connection) {
        return ownServer.get().filter(connection.id().serverId()::equals).isPresent();
    }

    private void kick(PeerConnection connection) {
        var unused = servers.kick(connection.id()).whenComplete((answer, failure) -> {
            if (failure == null) {
                log.info("closed a connection of {}, which may do less now", connection.endpoint());
            } else if (registry.find(connection.id()).isPresent()) {
                log.debug("a connection of {} could not be closed: {}", connection.endpoint(), failure.toString());
                note(List.of(connection.endpoint()), false, RETRY.toMillis());
            }
        });
    }

    private void requestReload() {
        synchronized (this) {
            if (reloadIsDue) {
                return;
            }
            reloadIsDue = true;
        }
        reloads.after(GATHER.toMillis(), this::reload);
    }

    private void reload() {
        synchronized (this) {
            reloadIsDue = false;
        }
        Optional<String> server = ownServer.get();
        if (server.isEmpty()) {
            return; // its connections are gone with it
        }
        try {
            servers.reload(server.get()).join();
        } catch (CompletionException | IllegalStateException e) {
            log.warn("nats-server was not told of new rooms of its clients, and is told again: {}", e.getMessage());
            reloads.after(RETRY.toMillis(), this::requestReload);
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
                registry.find(id).ifPresent(PeerConnection::establish);
            } else if (event.getSubject().endsWith(".DISCONNECT")) {
                registry.remove(id);
            } else if (event.getSubject().endsWith(".SHUTDOWN")) {
                registry.removeIf(connection -> connection.id().serverId().equals(server));
            }
        } catch (JsonParseException e) {
            log.debug("an event of a server is not JSON");
        }
    }

    private void sweep() {
        long now = nanoTime.getAsLong();
        registry.removeIf(connection -> isOver(connection, now));
        heard.values().removeIf(last -> now - last > SERVER_END.toNanos());
        worker.after(SWEEP.toMillis(), this::sweep);
    }

    private boolean isOver(PeerConnection connection, long now) {
        long age = now - connection.entered();
        return (!connection.isEstablished() && age > LOGIN_END.toNanos())
                || (age > SERVER_END.toNanos() && !heard.containsKey(connection.id().serverId()));
    }

    private void forgetGone() {
        Optional<String> server = ownServer.get();
        if (server.isEmpty()) {
            return;
        }
        long asked = nanoTime.getAsLong();
        try {
            Set<Long> open = servers.connections(server.get(), account);
            registry.removeIf(connection -> connection.id().serverId().equals(server.get())
                    && connection.isEstablished()
                    && connection.entered() - asked < 0
                    && !open.contains(connection.id().number()));
        } catch (RuntimeException e) {
            log.debug("the open connections are not known: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        worker.end();
        reloads.end();
    }
}
