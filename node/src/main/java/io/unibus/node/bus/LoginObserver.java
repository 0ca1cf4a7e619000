package io.unibus.node.bus;

import io.unibus.node.control.BusAccess;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.node.host.DaemonWorker;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.store.StoreException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the logins to the bus that bus-auth {@code enforce} would refuse, in a thread of its own, so that no login waits for
 * the store, and lets {@link SubscriptionObserver} follow those that were proven. Logins that cannot be looked up, or come faster than
 * they are, are not counted. Closed by {@link Bus}.
 */
final class LoginObserver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LoginObserver.class);

    private static final int MOST_WAITING = 5_000;

    private final DenialCounter denials;
    private final SubscriptionObserver subscriptions;
    private final CompletableFuture<ControlPlane> opened = new CompletableFuture<>();
    private final DaemonWorker worker = new DaemonWorker("bus-login-observer");

    /** @param subscriptions closed by this */
    LoginObserver(DenialCounter denials, SubscriptionObserver subscriptions) {
        this.denials = denials;
        this.subscriptions = subscriptions;
    }

    /** Begins to look at logins; those before wait, since after a restart many a client is back before the store is. */
    void open(ControlPlane control) {
        opened.complete(control);
        subscriptions.open(control);
    }

    /** Looks at a login, soon. */
    void observe(AuthRequest request) {
        if (worker.getQueue().size() < MOST_WAITING) {
            worker.execute(() -> check(request));
        }
    }

    private void check(AuthRequest request) {
        try {
            ControlPlane control = opened.get();
            Optional<Endpoint> endpoint = request.endpoint();
            Optional<DenialReason> denial = endpoint.isEmpty()
                    ? Optional.of(DenialReason.SIGNATURE_MISSING)
                    : request.flawOfSignature(endpoint.get())
                            .or(() -> denialOfProven(control, request.connection(), endpoint.get()));
            denial.ifPresent(reason -> denials.count(DenialCounter.Door.BUS, endpoint, reason));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (MalformedException e) {
            denials.count(DenialCounter.Door.BUS, Optional.empty(), DenialReason.SIGNATURE_MALFORMED);
        } catch (StoreException e) {
            log.debug("a login was not looked up: {}", e.getMessage());
        } catch (ExecutionException | RuntimeException e) {
            log.warn("a login was not looked at, and is not counted", e);
        }
    }

    private Optional<DenialReason> denialOfProven(ControlPlane control, ConnectionId connection, Endpoint endpoint) {
        subscriptions.follow(connection, endpoint);
        return control.busAccess(endpoint) instanceof BusAccess.Denied denied
                ? Optional.of(denied.reason())
                : Optional.empty();
    }

    @Override
    public void close() {
        worker.end();
        subscriptions.close();
    }
}
