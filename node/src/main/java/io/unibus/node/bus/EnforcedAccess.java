package io.unibus.node.bus;

import io.nats.client.Connection;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.store.Store;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The parts of bus-auth {@code enforce}: those that let peers in, and those that bring a change to peers who are in. Closed by {@link Bus}. */
final class EnforcedAccess implements AutoCloseable {
    private final PeerConnectionRegistry registry = new PeerConnectionRegistry();
    private final Supplier<Optional<String>> ownServer;
    private final GrantReloader reloader;
    private final AccessEnforcer enforcer;
    private final ConnectionTracker tracker;
    private final AllowlistLoginPolicy policy;

    /**
     * @param ownServer the id of this node's own server, while there is one
     * @param answersLogins whether the callout works
     * @param account to which peers are let in
     */
    EnforcedAccess(
            ServerRequests servers,
            Supplier<Optional<String>> ownServer,
            BooleanSupplier answersLogins,
            String account,
            DenialCounter denials,
            LongSupplier nanoTime) {
        this.ownServer = ownServer;
        this.reloader = new GrantReloader(servers, ownServer, answersLogins, nanoTime);
        this.enforcer = new AccessEnforcer(registry, servers, reloader);
        this.tracker =
                new ConnectionTracker(registry, servers, ownServer, account, nanoTime, enforcer::accessMayHaveChanged);
        this.policy = new AllowlistLoginPolicy(registry, enforcer, denials, nanoTime);
    }

    LoginPolicy policy() {
        return policy;
    }

    /** Hears on a new login to the servers' account which connections come and go. */
    void follow(Connection system) {
        tracker.follow(system);
    }

    /** Makes up for what may have been missed while there was no login. */
    void catchUp() {
        tracker.catchUp();
    }

    /** Begins to let peers in; from here on each change of the store reaches their connections. */
    void start(ControlPlane control, Store store, Predicate<String> isEnforced) {
        store.addListener(enforcer);
        enforcer.start(control, isEnforced);
        tracker.start();
        policy.open();
    }

    /** Returns how many connections of peers to this node are known. */
    long connections() {
        return ownServer.get().map(registry::established).orElse(0L);
    }

    /** Returns how many logins wait for a decision. */
    int waitingLogins() {
        return policy.waiting();
    }

    @Override
    public void close() {
        policy.close();
        enforcer.close();
        reloader.close();
        tracker.close();
    }
}
