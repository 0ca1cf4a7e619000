package io.unibus.node.bus;

import io.unibus.node.control.BusAccess;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.store.StoreException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who proves to be an active user of the allowlist, with bus-auth {@code enforce}, to the subjects of its rooms.
 *
 * <p>A refusal is final for many clients, so only those are refused who are unknown, revoked or prove nothing, or are too many.
 * Whatever cannot be confirmed, as without a quorum, is held and decided as soon as it can be. Logins are decided one after the
 * other: while the store does not answer, nobody can be let in anyway. Closed by {@link Bus}.
 */
final class AllowlistLoginPolicy implements LoginPolicy, AutoCloseable {
    /** How long a login may take, and so how long one is held: longer than the connect time-outs of all clients. */
    static final Duration HOLD_LIMIT = Duration.ofSeconds(30);

    static final int MOST_WAITING = 2_000;
    /** On this node; an endpoint that wants more is refused. */
    static final int MOST_PER_ENDPOINT = 100;

    private static final long RETRY_MILLIS = 100;
    private static final Duration FULL_TOLD_EVERY = Duration.ofMinutes(1);
    private static final Logger log = LoggerFactory.getLogger(AllowlistLoginPolicy.class);

    private final PeerConnectionRegistry registry;
    private final DenialCounter denials;
    private final LongSupplier nanoTime;
    private final FailedLoginDelay delays;
    private final CompletableFuture<AccessEnforcer> opened = new CompletableFuture<>();
    private final DaemonWorker worker = new DaemonWorker("bus-logins");
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong fullTold = new AtomicLong();
    private volatile boolean holding;

    AllowlistLoginPolicy(PeerConnectionRegistry registry, DenialCounter denials, LongSupplier nanoTime) {
        this.registry = registry;
        this.denials = denials;
        this.nanoTime = nanoTime;
        this.delays = new FailedLoginDelay(nanoTime);
    }

    /** Begins to decide; logins before are held. @param enforcer knows the access of endpoints, and is told of each grant */
    void open(AccessEnforcer enforcer) {
        opened.complete(enforcer);
    }

    /** Returns how many logins wait for a decision. */
    int waiting() {
        return waiting.get();
    }

    @Override
    public void decide(AuthRequest request, AuthReply reply) {
        Optional<PeerConnection> known = registry.find(request.connection());
        if (known.isPresent() && request.nkey().isEmpty()) { // a reload of the configuration asks again
            known.get().granted().ifPresent(rooms -> reply.allow(
                    BusPermissions.of(known.get().endpoint(), rooms)));
            return;
        }
        try {
            Optional<Endpoint> endpoint = request.endpoint();
            if (endpoint.isEmpty()) {
                refuse(request, Optional.empty(), DenialReason.SIGNATURE_MISSING, reply);
            } else {
                enter(new PeerConnection(request.connection(), endpoint.get(), nanoTime.getAsLong()), request, reply);
            }
        } catch (MalformedException e) {
            refuse(request, Optional.empty(), DenialReason.SIGNATURE_MALFORMED, reply);
        }
    }

    @Override
    public void noteForeign(AuthRequest request) {
        try {
            request.endpoint().ifPresent(endpoint -> {
                PeerConnection connection = new PeerConnection(request.connection(), endpoint, nanoTime.getAsLong());
                if (registry.enter(connection) && opened.isDone()) {
                    opened.join().noteForeign(connection);
                }
            });
        } catch (MalformedException e) {
            log.debug("a login at another node names no endpoint");
        }
    }

    private void enter(PeerConnection connection, AuthRequest request, AuthReply reply) {
        if (waiting.get() >= MOST_WAITING || !registry.enter(connection)) {
            tellFull();
            return;
        }
        waiting.incrementAndGet();
        worker.execute(() -> {
            try {
                settle(connection, request, reply);
            } finally {
                waiting.decrementAndGet();
            }
        });
    }

    private void tellFull() {
        long now = nanoTime.getAsLong();
        long last = fullTold.get();
        if ((last == 0 || now - last > FULL_TOLD_EVERY.toNanos()) && fullTold.compareAndSet(last, now)) {
            log.warn("{} logins to the bus wait, and more are not taken: their clients have to try again", waiting);
        }
    }

    private void settle(PeerConnection connection, AuthRequest request, AuthReply reply) {
        Optional<DenialReason> flaw = request.flawOfSignature(connection.endpoint());
        if (flaw.isPresent()) {
            registry.remove(connection.id());
            refuse(request, Optional.of(connection.endpoint()), flaw.get(), reply);
            return;
        }
        long deadline = connection.entered() + HOLD_LIMIT.toNanos();
        try {
            AccessEnforcer enforcer = opened.get(HOLD_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
            Optional<BusAccess> access = awaitAccess(enforcer, connection.endpoint(), deadline);
            if (access.isEmpty()) {
                registry.remove(connection.id()); // the server has given it up
            } else if (access.get() instanceof BusAccess.Granted granted) {
                grant(enforcer, connection, granted, reply);
            } else if (access.get() instanceof BusAccess.Denied denied) {
                registry.remove(connection.id());
                refuse(request, Optional.of(connection.endpoint()), denied.reason(), reply);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            registry.remove(connection.id());
        }
    }

    private Optional<BusAccess> awaitAccess(AccessEnforcer enforcer, Endpoint endpoint, long deadline)
            throws InterruptedException {
        while (nanoTime.getAsLong() - deadline < 0) {
            try {
                BusAccess access = enforcer.accessOf(endpoint);
                tellHolding(false, "");
                return Optional.of(access);
            } catch (StoreException e) {
                tellHolding(true, String.valueOf(e.getMessage()));
                Thread.sleep(RETRY_MILLIS);
            }
        }
        return Optional.empty();
    }

    private void tellHolding(boolean now, String why) {
        if (now && !holding) {
            log.warn("logins to the bus are held until the store answers: {}", why);
        } else if (!now && holding) {
            log.info("logins to the bus are decided again; {} waited", waiting);
        }
        holding = now;
    }

    private void grant(
            AccessEnforcer enforcer, PeerConnection connection, BusAccess.Granted access, AuthReply reply) {
        Endpoint endpoint = connection.endpoint();
        long others = registry.of(endpoint).stream()
                .filter(other -> other.id().serverId().equals(connection.id().serverId()) && other.granted().isPresent())
                .count();
        if (others >= MOST_PER_ENDPOINT) {
            registry.remove(connection.id());
            reply.refuse("this endpoint has " + others + " connections to this node already");
            return;
        }
        boolean changedMeanwhile = connection.grant(access.rooms());
        if (!reply.allow(BusPermissions.of(endpoint, access.rooms()))) {
            registry.remove(connection.id());
            reply.refuse("the endpoint is in more rooms than a server can be told of");
            log.warn(
                    "{} is in {} rooms, more than nats-server can be told of in one message, and is not let in to the bus: let"
                            + " it leave some",
                    endpoint,
                    access.rooms().size());
        } else if (changedMeanwhile) {
            enforcer.accessMayHaveChanged(endpoint);
        }
    }

    /** Those who fail often are answered late. */
    private void refuse(AuthRequest request, Optional<Endpoint> endpoint, DenialReason reason, AuthReply reply) {
        denials.count(DenialCounter.Door.BUS, endpoint, reason);
        long delay = delays.afterFailure(request.host());
        if (delay == 0) {
            reply.refuse(reason.code());
        } else {
            worker.after(delay, () -> {
                delays.answered();
                reply.refuse(reason.code());
            });
        }
    }

    @Override
    public void close() {
        worker.end();
    }
}
