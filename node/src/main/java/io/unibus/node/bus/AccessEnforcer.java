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
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets every change of access reach the live connections, with bus-auth {@code enforce}. A connection that has lost something is
 * closed, and its client comes back with what is left. For those that have gained something the server reloads its
 * configuration, whereupon it asks anew for each connection, and none that was let in is closed. Thread-safe; closed by {@link Bus}.
 *
 * <p>A connection to another node is closed from here when that node has not done so in time, as one that is paused.
 */
final class AccessEnforcer implements AccessListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessEnforcer.class);

    /** Gives the node of a connection time to close it before another does. */
    private static final Duration FOREIGN_GRACE = Duration.ofMillis(300);

    private static final Duration RETRY = Duration.ofMillis(200);
    /** Grants that come within are one reload. */
    private static final Duration GATHER = Duration.ofMillis(150);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private static final Duration COMPARISON = Duration.ofSeconds(20);
    /** A server that says nothing for so long does not come back under this id. */
    private static final Duration SERVER_END = Duration.ofMinutes(10);

    private final PeerConnectionRegistry registry;
    private final ServerRequests servers;
    private final Supplier<Optional<String>> ownServer;
    private final BooleanSupplier answersLogins;
    private final String account;
    private final LongSupplier nanoTime;
    private final DaemonWorker worker = new DaemonWorker("bus-access");
    private final DaemonWorker kicks = new DaemonWorker("bus-kicks");
    private final DaemonWorker reloads = new DaemonWorker("bus-reload");
    private final DaemonWorker comparisons = new DaemonWorker("bus-connections");
    /** Holds when a server was last heard of, by its id. */
    private final Map<String, Long> heard = new ConcurrentHashMap<>();

    private volatile Optional<ControlPlane> control = Optional.empty();
    private volatile Predicate<String> isEnforced = server -> true;
    private volatile boolean unreadableTold;
    private Set<Endpoint> changed = new HashSet<>();
    private boolean allChanged;
    private boolean checkIsDue;
    private boolean reloadIsDue;
    private Duration lastReload = Duration.ZERO;
    private boolean reloadFails; // of the thread for reloads

    /**
     * @param ownServer the id of this node's own server, while there is one
     * @param answersLogins whether the callout works, without which a reload would close connections
     * @param account whose connections these are
     */
    AccessEnforcer(
            PeerConnectionRegistry registry,
            ServerRequests servers,
            Supplier<Optional<String>> ownServer,
            BooleanSupplier answersLogins,
            String account,
            LongSupplier nanoTime) {
        this.registry = registry;
        this.servers = servers;
        this.ownServer = ownServer;
        this.answersLogins = answersLogins;
        this.account = account;
        this.nanoTime = nanoTime;
    }

    /**
     * Begins to look at connections.
     *
     * @param isEnforcedBy whether a server belongs to a node with bus-auth {@code enforce}; those of others are left alone
     */
    void start(ControlPlane present, Predicate<String> isEnforcedBy) {
        isEnforced = isEnforcedBy;
        control = Optional.of(present);
        comparisons.after(0, this::compareWithServers);
        anyAccessMayHaveChanged();
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
        if (control.isPresent()) {
            comparisons.execute(this::compareAll);
        }
    }

    /** @throws StoreException when it cannot be confirmed now */
    BusAccess accessOf(Endpoint endpoint) {
        return control.orElseThrow(() -> new StoreUnavailableException("the store is not open yet", null))
                .busAccess(endpoint);
    }

    @Override
    public void accessMayHaveChanged(Endpoint endpoint) {
        if (registry.has(endpoint)) {
            note(List.of(endpoint), false, Duration.ZERO);
        }
    }

    @Override
    public void anyAccessMayHaveChanged() {
        note(List.of(), true, Duration.ZERO);
    }

    private void note(Collection<Endpoint> endpoints, boolean all, Duration delay) {
        synchronized (this) {
            changed.addAll(endpoints);
            allChanged |= all;
            if (checkIsDue) {
                return;
            }
            checkIsDue = true;
        }
        worker.after(delay.toMillis(), this::check);
    }

    private synchronized Set<Endpoint> takeChanged() {
        Set<Endpoint> taken = changed;
        if (allChanged) {
            taken.addAll(registry.endpoints());
        }
        changed = new HashSet<>();
        allChanged = false;
        checkIsDue = false;
        return taken;
    }

    private void check() {
        Set<Endpoint> endpoints = takeChanged();
        Set<Endpoint> undecided = new HashSet<>(endpoints);
        try {
            for (Endpoint endpoint : endpoints) {
                if (isChecked(endpoint)) {
                    undecided.remove(endpoint);
                }
            }
        } catch (StoreException e) { // nor is it known of the others
            log.debug("the access of {} endpoints is not known now: {}", undecided.size(), e.getMessage());
        } finally {
            if (!undecided.isEmpty()) {
                note(undecided, false, RETRY);
            }
        }
    }

    private boolean isChecked(Endpoint endpoint) {
        try {
            compare(endpoint, accessOf(endpoint));
            return true;
        } catch (StoreUnusableException e) {
            if (!unreadableTold) {
                unreadableTold = true;
                log.warn(
                        "what {} may do on the bus cannot be read, so its connections keep what they have: {}",
                        endpoint,
                        e.getMessage());
            }
            return false;
        }
    }

    private void compare(Endpoint endpoint, BusAccess access) {
        for (PeerConnection connection : registry.of(endpoint)) {
            PeerConnection.Effect effect = connection.compare(access);
            if (connection.isOwn() && effect == PeerConnection.Effect.LOSS) {
                kick(connection);
            } else if (connection.isOwn() && effect == PeerConnection.Effect.GAIN) {
                requestReload();
            } else if (effect == PeerConnection.Effect.LOSS) {
                kicks.after(FOREIGN_GRACE.toMillis(), () -> kickForeign(connection));
            }
        }
    }

    private void kickForeign(PeerConnection connection) {
        if (registry.find(connection.id()).isPresent() && isEnforced.test(connection.serverName())) {
            kick(connection);
        }
    }

    private void kick(PeerConnection connection) {
        var unused = servers.kick(connection.id()).whenComplete((closed, failure) -> {
            if (failure == null) {
                registry.remove(connection.id());
                if (closed) {
                    log.info("closed a connection of {}, which may do less now", connection.endpoint());
                }
            } else if (registry.find(connection.id()).isPresent()) {
                log.debug("a connection of {} could not be closed: {}", connection.endpoint(), failure.toString());
                note(List.of(connection.endpoint()), false, RETRY);
            }
        });
    }

    private void requestReload() {
        Duration pause;
        synchronized (this) {
            if (reloadIsDue) {
                return;
            }
            reloadIsDue = true;
            // New connections wait during a reload: they get at least as long as it took.
            pause = lastReload.compareTo(GATHER) > 0 ? lastReload : GATHER;
        }
        reloads.after(pause.toMillis(), this::reload);
    }

    private void reload() {
        synchronized (this) {
            reloadIsDue = false;
        }
        Optional<String> server = ownServer.get().filter(id -> answersLogins.getAsBoolean());
        if (server.isEmpty()) {
            requestReloadLater("it is being started");
            return;
        }
        long begun = nanoTime.getAsLong();
        try {
            servers.reload(server.get()).get();
            reloadFails = false;
            note(Duration.ofNanos(nanoTime.getAsLong() - begun));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            requestReloadLater(String.valueOf(e.getCause()));
        }
    }

    private synchronized void note(Duration reload) {
        lastReload = reload.compareTo(LONGEST_PAUSE) < 0 ? reload : LONGEST_PAUSE;
    }

    private void requestReloadLater(String why) {
        if (!reloadFails) {
            reloadFails = true;
            log.info("nats-server was not told yet of new rooms of its clients, and is told again: {}", why);
        }
        reloads.after(RETRY.toMillis(), this::requestReload);
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
            accessMayHaveChanged(connection.endpoint());
        }
    }

    private void compareWithServers() {
        try {
            compareAll();
        } finally {
            comparisons.after(COMPARISON.toMillis(), this::compareWithServers);
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
        List<DaemonWorker> workers = List.of(worker, kicks, reloads, comparisons);
        workers.forEach(DaemonWorker::end);
    }
}
