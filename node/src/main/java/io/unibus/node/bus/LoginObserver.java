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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the logins to the bus that bus-auth {@code enforce} would refuse, in a thread of its own, so that no login waits for
 * the store. Logins that cannot be looked up, or come faster than they are, are not counted. Closed by {@link Bus}.
 */
final class LoginObserver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LoginObserver.class);

    private static final int MOST_WAITING = 1_000;

    private final DenialCounter denials;
    private volatile Optional<ControlPlane> control = Optional.empty();
    private final DaemonWorker worker = new DaemonWorker("bus-login-observer");

    LoginObserver(DenialCounter denials) {
        this.denials = denials;
    }

    /** Begins to look at logins; those before are not counted. */
    void open(ControlPlane present) {
        control = Optional.of(present);
    }

    /** Looks at a login, soon. */
    void observe(AuthRequest request) {
        if (worker.getQueue().size() < MOST_WAITING) {
            control.ifPresent(present -> worker.execute(() -> check(present, request)));
        }
    }

    private void check(ControlPlane present, AuthRequest request) {
        try {
            Optional<Endpoint> endpoint = request.endpoint();
            Optional<DenialReason> denial = endpoint.isEmpty()
                    ? Optional.of(DenialReason.SIGNATURE_MISSING)
                    : request.flawOfSignature(endpoint.get()).or(() -> denialOf(present, endpoint.get()));
            denial.ifPresent(reason -> denials.count(DenialCounter.Door.BUS, endpoint, reason));
        } catch (MalformedException e) {
            denials.count(DenialCounter.Door.BUS, Optional.empty(), DenialReason.SIGNATURE_MALFORMED);
        } catch (StoreException e) {
            log.debug("a login was not looked up: {}", e.getMessage());
        } catch (RuntimeException e) {
            log.warn("a login was not looked at, and is not counted", e);
        }
    }

    private static Optional<DenialReason> denialOf(ControlPlane present, Endpoint endpoint) {
        return present.busAccess(endpoint) instanceof BusAccess.Denied denied
                ? Optional.of(denied.reason())
                : Optional.empty();
    }

    @Override
    public void close() {
        worker.end();
    }
}
