package io.unibus.node.bus;

import io.unibus.node.control.BusAccess;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.node.host.DaemonWorker;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Subject;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnusableException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
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
 * Whatever cannot be confirmed, as without a quorum, is held and decided as soon as it can be. Signatures are verified first, so that
 * nobody who proves nothing takes the place of one who waits. Thread-safe; closed by {@link EnforcedAccess}.
 */
final class AllowlistLoginPolicy implements LoginPolicy, AutoCloseable {
    /** Limits how long a login is held: longer than the connect time-outs of all clients. */
    static final Duration HOLD_LIMIT = Duration.ofSeconds(30);

    static final int MOST_WAITING = 2_000;
    /** On this node; an endpoint that wants more is refused. */
    static final int MOST_PER_ENDPOINT = 100;

    private static final int MOST_UNVERIFIED = 10_000;
    private static final long RETRY_MILLIS = 100;
    private static final long LATER_MILLIS = 1_000;
    private static final Duration TOLD_EVERY = Duration.ofMinutes(1);
    private static final Logger log = LoggerFactory.getLogger(AllowlistLoginPolicy.class);

    private final PeerConnectionRegistry registry;
    private final AccessEnforcer enforcer;
    private final DenialCounter denials;
    private final LongSupplier nanoTime;
    private final FailedLoginDelay delays;
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final DaemonWorker verifier = new DaemonWorker("bus-signatures");
    private final DaemonWorker decider = new DaemonWorker("bus-logins");
    private final AtomicInteger unverified = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong fullTold = new AtomicLong();
    private final AtomicLong tooManyRoomsTold = new AtomicLong();
    private volatile boolean holding;

    /** @param enforcer knows the access of endpoints once {@link #open} is called */
    AllowlistLoginPolicy(
            PeerConnectionRegistry registry, AccessEnforcer enforcer, DenialCounter denials, LongSupplier nanoTime) {
        this.registry = registry;
        this.enforcer = enforcer;
        this.denials = denials;
        this.nanoTime = nanoTime;
        this.delays = new FailedLoginDelay(nanoTime);
    }

    /** One login that was proven and waits for its decision. */
    private record Login(PeerConnection connection, AuthRequest request, AuthReply reply) {}

    /** Begins to decide; logins before are held. */
    void open() {
        opened.complete(null);
    }

    /** Returns how many logins wait for a decision. */
    int waiting() {
        return waiting.get();
    }

    @Override
    public void decide(AuthRequest request, AuthReply reply) {
        if (request.nkey().isEmpty()) {
            answerUnnamed(request, reply);
        } else {
            verify(
                    request,
                    endpoint -> {
                        Optional<DenialReason> flaw = request.flawOfSignature(endpoint);
                        if (flaw.isPresent()) {
                            refuseLate(request, Optional.of(endpoint), flaw.get(), reply);
                        } else {
                            enter(new Login(
                                    PeerConnection.own(request, endpoint, nanoTime.getAsLong()), request, reply));
                        }
                    },
                    () -> refuseLate(request, Optional.empty(), DenialReason.SIGNATURE_MALFORMED, reply));
        }
    }

    /**
     * Answers at once, since the server waits: after a reload of its configuration it asks for each connection anew, without a key,
     * also for those that have not logged in.
     */
    private void answerUnnamed(AuthRequest request, AuthReply reply) {
        Optional<PeerConnection> known = registry.find(request.connection());
        Optional<Set<Subject>> granted = known.flatMap(PeerConnection::granted);
        if (known.isEmpty() || granted.isEmpty()) {
            refuse(Optional.empty(), DenialReason.SIGNATURE_MISSING, reply);
        } else if (!reply.allow(BusPermissions.of(known.get().endpoint(), granted.get()))) {
            refuse(Optional.of(known.get().endpoint()), DenialReason.TOO_MANY_ROOMS, reply);
        }
    }

    @Override
    public void noteForeign(AuthRequest request) {
        if (request.nkey().isPresent()) {
            verify(
                    request,
                    endpoint -> {
                        if (request.flawOfSignature(endpoint).isEmpty()) {
                            PeerConnection connection = PeerConnection.foreign(request, endpoint, nanoTime.getAsLong());
                            if (registry.enter(connection)) {
                                enforcer.accessMayHaveChanged(endpoint);
                            }
                        }
                    },
                    () -> {});
        }
    }

    private interface Named {
        void accept(Endpoint endpoint);
    }

    private void verify(AuthRequest request, Named named, Runnable malformed) {
        if (unverified.get() >= MOST_UNVERIFIED) {
            return; // the client tries again
        }
        unverified.incrementAndGet();
        verifier.execute(() -> {
            unverified.decrementAndGet();
            Optional<Endpoint> endpoint = endpointOf(request);
            endpoint.ifPresentOrElse(named::accept, malformed);
        });
    }

    private static Optional<Endpoint> endpointOf(AuthRequest request) {
        try {
            return request.endpoint();
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    private void enter(Login login) {
        if (waiting.get() >= MOST_WAITING || !registry.enter(login.connection())) {
            if (isDue(fullTold)) {
                log.warn("{} logins to the bus wait, and more are not taken: their clients have to try again", waiting);
            }
            return;
        }
        waiting.incrementAndGet();
        decider.execute(() -> settle(login));
    }

    private boolean isDue(AtomicLong told) {
        long now = nanoTime.getAsLong();
        long last = told.get();
        return (last == 0 || now - last > TOLD_EVERY.toNanos()) && told.compareAndSet(last, now);
    }

    private void settle(Login login) {
        boolean later = false;
        try {
            opened.get(HOLD_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
            later = !isSettled(login);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            registry.remove(login.connection().id());
        } finally {
            if (later) {
                decider.after(LATER_MILLIS, () -> settle(login));
            } else {
                waiting.decrementAndGet();
            }
        }
    }

    /** Decides, which waits as long as the store does not answer. Returns false when this login alone has to wait. */
    private boolean isSettled(Login login) throws InterruptedException {
        long deadline = login.connection().entered() + HOLD_LIMIT.toNanos();
        while (nanoTime.getAsLong() - deadline < 0) {
            try {
                BusAccess access = enforcer.accessOf(login.connection().endpoint());
                tellHolding(false, "");
                if (access instanceof BusAccess.Granted granted) {
                    grant(login, granted);
                } else {
                    deny(login, access);
                }
                return true;
            } catch (StoreUnusableException e) {
                log.debug("a login waits: {}", e.getMessage());
                return false;
            } catch (StoreException e) {
                tellHolding(true, String.valueOf(e.getMessage()));
                if (closed.await(RETRY_MILLIS, TimeUnit.MILLISECONDS)) {
                    return true;
                }
            }
        }
        registry.remove(login.connection().id()); // the server has given it up
        return true;
    }

    private void tellHolding(boolean now, String why) {
        if (now && !holding) {
            log.warn("logins to the bus are held until the store answers: {}", why);
        } else if (!now && holding) {
            log.info("logins to the bus are decided again; {} waited", waiting);
        }
        holding = now;
    }

    private void deny(Login login, BusAccess access) {
        registry.remove(login.connection().id());
        if (access instanceof BusAccess.Denied denied) {
            refuseLate(login.request(), Optional.of(login.connection().endpoint()), denied.reason(), login.reply());
        }
    }

    private void grant(Login login, BusAccess.Granted access) {
        PeerConnection connection = login.connection();
        Endpoint endpoint = connection.endpoint();
        if (connectionsOf(endpoint) >= MOST_PER_ENDPOINT) {
            registry.remove(connection.id());
            refuseLate(login.request(), Optional.of(endpoint), DenialReason.TOO_MANY_CONNECTIONS, login.reply());
            return;
        }
        boolean changedMeanwhile = connection.grant(access.rooms());
        if (!login.reply().allow(BusPermissions.of(endpoint, access.rooms()))) {
            registry.remove(connection.id());
            refuseLate(login.request(), Optional.of(endpoint), DenialReason.TOO_MANY_ROOMS, login.reply());
            if (isDue(tooManyRoomsTold)) {
                log.warn(
                        "{} is in {} rooms, more than nats-server can be told of in one message, and is not let in to the bus:"
                                + " let it leave some",
                        endpoint,
                        access.rooms().size());
            }
        } else if (changedMeanwhile) {
            enforcer.accessMayHaveChanged(endpoint);
        }
    }

    /** Counts those that exist for certain: many a client is gone when its login is decided. */
    private long connectionsOf(Endpoint endpoint) {
        return registry.of(endpoint).stream()
                .filter(other -> other.isOwn() && other.isEstablished())
                .count();
    }

    private void refuse(Optional<Endpoint> endpoint, DenialReason reason, AuthReply reply) {
        denials.count(DenialCounter.Door.BUS, endpoint, reason);
        reply.refuse(reason.code());
    }

    /** Refuses; those who fail often are answered late. */
    private void refuseLate(AuthRequest request, Optional<Endpoint> endpoint, DenialReason reason, AuthReply reply) {
        long delay = delays.afterFailure(request.host());
        if (delay == 0) {
            refuse(endpoint, reason, reply);
        } else {
            verifier.after(delay, () -> {
                delays.answered();
                refuse(endpoint, reason, reply);
            });
        }
    }

    @Override
    public void close() {
        closed.countDown();
        verifier.end();
        decider.end();
    }
}
