package io.unibus.node.bus;

import io.unibus.node.control.BusAccess;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.host.DaemonWorker;
import io.unibus.protocol.Endpoint;
import io.unibus.store.AccessListener;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets every change of access reach the live connections, with bus-auth {@code enforce}. A connection that has lost something is
 * closed, and its client comes back with what is left. For those that have gained something there is {@link GrantReloader}.
 * Thread-safe; closed by {@link EnforcedAccess}.
 *
 * <p>A connection to another node is closed from here when that node has not done so in time, as one that is paused.
 */
final class AccessEnforcer implements AccessListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessEnforcer.class);

    /** Gives the node of a connection time to close it before another does. */
    private static final Duration FOREIGN_GRACE = Duration.ofMillis(300);

    private static final Duration RETRY = Duration.ofMillis(200);

    private final PeerConnectionRegistry registry;
    private final ServerRequests servers;
    private final GrantReloader reloader;
    private final DaemonWorker worker = new DaemonWorker("bus-access");
    private final DaemonWorker kicks = new DaemonWorker("bus-kicks");
    private volatile Optional<ControlPlane> control = Optional.empty();
    private volatile Predicate<String> isEnforced = server -> true;
    private volatile boolean unreadableTold;
    private Set<Endpoint> changed = new HashSet<>();
    private boolean allChanged;
    private boolean checkIsDue;

    AccessEnforcer(PeerConnectionRegistry registry, ServerRequests servers, GrantReloader reloader) {
        this.registry = registry;
        this.servers = servers;
        this.reloader = reloader;
    }

    /**
     * Begins to look at connections.
     *
     * @param isEnforcedBy whether a server belongs to a node with bus-auth {@code enforce}; those of others are left alone
     */
    void start(ControlPlane present, Predicate<String> isEnforcedBy) {
        isEnforced = isEnforcedBy;
        control = Optional.of(present);
        anyAccessMayHaveChanged();
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
                reloader.request();
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

    @Override
    public void close() {
        worker.end();
        kicks.end();
    }
}
