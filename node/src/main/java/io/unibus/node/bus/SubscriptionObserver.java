package io.unibus.node.bus;

import io.unibus.node.control.BusAccess;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.node.host.DaemonWorker;
import io.unibus.protocol.Endpoint;
import io.unibus.store.StoreException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the subscriptions that bus-auth {@code enforce} would refuse, with {@code soft}: asks this node's own server again and again
 * what each proven connection of an active user subscribes to. Each connection and subject is counted once.
 *
 * <p>What ends between two looks is not seen, nor are connections with more than {@value #MOST_SUBSCRIPTIONS} subscriptions.
 * Thread-safe; closed by {@link LoginObserver}.
 */
final class SubscriptionObserver implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SubscriptionObserver.class);

    private static final Duration INTERVAL = Duration.ofSeconds(15);
    private static final Duration AFTER_LOGIN = Duration.ofSeconds(1);
    /** The server has this many times as long a rest as the latest look took. */
    private static final int REST = 9;

    private static final Duration TOLD_EVERY = Duration.ofMinutes(1);

    /** More than a node's share of the connections that a cluster lets in. */
    private static final int MOST_CONNECTIONS = 50_000;
    /** Keeps an answer small, since a subject can have 4 KiB: also in the worst case it fits into the memory of the node. */
    static final int MOST_SUBSCRIPTIONS = 1_000;
    /** Subjects that are remembered as counted, of one connection and of all; those beyond are not counted. */
    private static final int MOST_COUNTED = 100;

    private static final int MOST_COUNTED_IN_ALL = 50_000;
    /** As long as the subject of a room can be; of longer ones the beginning is looked at. */
    private static final int REMEMBERED_LENGTH = 255;

    private static final int MOST_UNANSWERED = 3;
    private static final int PRINTED_LENGTH = 100;

    private final DenialCounter denials;
    private final ServerRequests servers;
    private final Supplier<Optional<String>> ownServer;
    private final String account;
    private final LongSupplier nanoTime;
    private final DaemonWorker worker = new DaemonWorker("bus-subscription-observer");
    private final Map<ConnectionId, Observed> connections = new ConcurrentHashMap<>();

    private volatile Optional<ControlPlane> control = Optional.empty();
    private boolean isSoonDue;
    private Duration lastLook = Duration.ZERO;

    // of the worker
    private final Map<Endpoint, Long> told = new HashMap<>();
    private int countedInAll;

    /**
     * @param ownServer the id of this node's own server, while there is one
     * @param account whose connections these are
     */
    SubscriptionObserver(
            DenialCounter denials,
            ServerRequests servers,
            Supplier<Optional<String>> ownServer,
            String account,
            LongSupplier nanoTime) {
        this.denials = denials;
        this.servers = servers;
        this.ownServer = ownServer;
        this.account = account;
        this.nanoTime = nanoTime;
    }

    /** A connection that is looked at, and what was found. Used by the worker, but for its endpoint. */
    private static final class Observed {
        private final Endpoint endpoint;
        private final Set<String> counted = new HashSet<>();
        private boolean missing;
        private boolean toldTooMany;
        private boolean toldUnanswered;

        Observed(Endpoint endpoint) {
            this.endpoint = endpoint;
        }
    }

    /** Begins to look. */
    void open(ControlPlane present) {
        control = Optional.of(present);
        worker.after(AFTER_LOGIN.toMillis(), this::lookRepeatedly);
    }

    /** Looks from now on at a connection, for the first time soon. */
    void follow(ConnectionId id, Endpoint endpoint) {
        if (connections.size() < MOST_CONNECTIONS) {
            connections.put(id, new Observed(endpoint));
            lookSoon();
        }
    }

    private void lookSoon() {
        long pause;
        synchronized (this) {
            if (isSoonDue) {
                return;
            }
            isSoonDue = true;
            pause = Math.max(AFTER_LOGIN.toMillis(), restMillis());
        }
        worker.after(pause, this::lookAfterLogin);
    }

    private void lookAfterLogin() {
        synchronized (this) {
            isSoonDue = false;
        }
        look();
    }

    private void lookRepeatedly() {
        try {
            look();
        } finally {
            worker.after(Math.max(INTERVAL.toMillis(), restMillis()), this::lookRepeatedly);
        }
    }

    private synchronized long restMillis() {
        return lastLook.toMillis() * REST;
    }

    private void look() {
        long begun = nanoTime.getAsLong();
        told.values().removeIf(last -> begun - last > TOLD_EVERY.toNanos());
        Optional<ControlPlane> present = control;
        Optional<String> server = ownServer.get();
        if (present.isEmpty() || server.isEmpty()) {
            return;
        }
        try {
            lookAt(server.get(), present.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | IllegalStateException | StoreException e) {
            log.debug("subscriptions were not looked at: {}", e.getMessage());
        }
        synchronized (this) {
            lastLook = Duration.ofNanos(nanoTime.getAsLong() - begun);
        }
    }

    /** Ends at the third question without an answer: each of the others would be waited for in turn. */
    private void lookAt(String server, ControlPlane present) throws ExecutionException, InterruptedException {
        connections.keySet().removeIf(id -> !id.serverId().equals(server));
        Map<Long, Long> open = servers.subscriptionCounts(server, account);
        connections
                .entrySet()
                .removeIf(entry ->
                        isGone(entry.getValue(), open.containsKey(entry.getKey().number())));
        countedInAll = connections.values().stream()
                .mapToInt(connection -> connection.counted.size())
                .sum();
        Map<Endpoint, Optional<SubjectAllowlist>> allowed = new HashMap<>();
        int unanswered = 0;
        for (Map.Entry<ConnectionId, Observed> entry : connections.entrySet()) {
            long subscriptions = open.getOrDefault(entry.getKey().number(), 0L);
            Observed connection = entry.getValue();
            if (subscriptions > 0) {
                Optional<SubjectAllowlist> list =
                        allowed.computeIfAbsent(connection.endpoint, endpoint -> subscribable(present, endpoint));
                if (list.isPresent() && !isLookedAt(entry.getKey(), connection, subscriptions, list.get())) {
                    unanswered++;
                }
                if (unanswered >= MOST_UNANSWERED) {
                    return;
                }
            }
        }
    }

    /** A connection is gone when it is missing twice, since the pages of the list may have moved. */
    private static boolean isGone(Observed connection, boolean isOpen) {
        boolean before = connection.missing;
        connection.missing = !isOpen;
        return before && !isOpen;
    }

    /** Returns nothing for those who would be refused as a whole, and are counted so. */
    private static Optional<SubjectAllowlist> subscribable(ControlPlane present, Endpoint endpoint) {
        return present.busAccess(endpoint) instanceof BusAccess.Granted granted
                ? Optional.of(BusPermissions.subscribable(endpoint, granted.rooms()))
                : Optional.empty();
    }

    private boolean isLookedAt(ConnectionId id, Observed connection, long subscriptions, SubjectAllowlist allowed)
            throws InterruptedException {
        try {
            lookAt(id, connection, subscriptions, allowed);
            return true;
        } catch (ExecutionException e) {
            if (!connection.toldUnanswered) {
                connection.toldUnanswered = true;
                log.info(
                        "the subscriptions of a connection of {} were not compared, and are again: {}",
                        connection.endpoint,
                        e.getMessage());
            }
            return false;
        }
    }

    private void lookAt(ConnectionId id, Observed connection, long subscriptions, SubjectAllowlist allowed)
            throws ExecutionException, InterruptedException {
        Optional<List<String>> subjects =
                subscriptions > MOST_SUBSCRIPTIONS ? Optional.empty() : servers.subscriptions(id);
        if (subjects.isPresent()) {
            subjects.get().stream()
                    .filter(subject -> !allowed.covers(subject))
                    .forEach(subject -> count(connection, subject));
        } else if (!connection.toldTooMany) {
            connection.toldTooMany = true;
            log.info(
                    "a connection of {} has {} subscriptions, more than are compared with what bus-auth enforce allows",
                    connection.endpoint,
                    subscriptions);
        }
    }

    private void count(Observed connection, String subject) {
        String remembered = subject.substring(0, Math.min(subject.length(), REMEMBERED_LENGTH));
        if (connection.counted.size() >= MOST_COUNTED
                || countedInAll >= MOST_COUNTED_IN_ALL
                || !connection.counted.add(remembered)) {
            return;
        }
        countedInAll++;
        denials.count(DenialCounter.Door.BUS, Optional.of(connection.endpoint), DenialReason.SUBSCRIPTION_NOT_ALLOWED);
        if (told.putIfAbsent(connection.endpoint, nanoTime.getAsLong()) == null) {
            log.info(
                    "{} subscribes to {}, which bus-auth enforce would refuse",
                    connection.endpoint,
                    printable(subject));
        }
    }

    /** Returns what of a subject, which is of a client's choice, can stand in a line of the log. */
    static String printable(String subject) {
        String begin = subject.substring(0, Math.min(subject.length(), PRINTED_LENGTH));
        return begin.replaceAll("[^!-~]", "?") + (subject.length() > PRINTED_LENGTH ? "..." : "");
    }

    @Override
    public void close() {
        worker.end();
    }
}
