package io.unibus.bootstrap;

import io.unibus.store.jetstream.Bucket;
import io.unibus.store.jetstream.Link;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks twice a second by a small write whether this node has a quorum, and ends its server when the node was cut off from
 * a majority that goes on without it, until the cut is over; {@link CutPolicy} says when. It confirms no reads: that is the
 * store's fence. Thread-safe; started when the store is open, or before and then again, closed by whoever started it.
 */
public final class QuorumGuard implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(QuorumGuard.class);

    private static final long PERIOD_MILLIS = 250;
    private static final long CONFIRM_EVERY_NANOS = Duration.ofMillis(500).toNanos();
    private static final Duration CONFIRM_LIMIT = Duration.ofMillis(500);
    private static final long INTRODUCE_EVERY_NANOS = Duration.ofSeconds(30).toNanos();
    /** Those that no view follows, or that no decision compares the last sequence of. Each is a group of its own. */
    private static final List<Bucket> CONFIRMING = List.of(Bucket.ROOMS_BY_MEMBER, Bucket.ROOM_KEYS, Bucket.MEMBERS);

    private final String ownName;
    private final KnownPeers peers;
    private final Buckets buckets;
    private final Probes probes;
    private final Servers servers;
    private final Supplier<Membership> membership;
    private final ChildControl child;
    private final Timing timing;
    private final Watch watch = new Watch("quorum-guard", log, "the quorum", this::look, () -> PERIOD_MILLIS);

    private final AtomicLong suspensions = new AtomicLong();
    private final AtomicLong unconfirmed = new AtomicLong();
    private volatile Optional<String> suspended = Optional.empty();
    private volatile long lastConfirmed;
    private volatile boolean opening;

    private final CutPolicy policy = new CutPolicy();
    private boolean begun;
    private int nextBucket;
    private long lastAttempt;
    private long lastIntroduction;
    private Membership rejoining = Membership.UNKNOWN;

    /** How the peers are reached. */
    @FunctionalInterface
    interface Probes {
        List<Reach> probe(List<Peer> peers) throws InterruptedException;
    }

    /**
     * Does nothing yet.
     *
     * @param nodeName also that of the node's server
     * @param listen where the node's own server listens for others; a node without a cluster gives any address
     * @param peers the configured ones; this node's own may be among them
     * @param replicas knows how large the cluster is, also when more servers have joined than are configured, and where the
     *     buckets are
     */
    public QuorumGuard(
            String nodeName,
            Peer listen,
            List<Peer> peers,
            Link control,
            PeerProbes probes,
            ServerQueries servers,
            ReplicaKeeper replicas,
            ChildControl child) {
        this(
                nodeName,
                listen,
                peers,
                new JetStreamBuckets(control, nodeName),
                probes::probe,
                servers,
                replicas::membership,
                child,
                Timing.system());
    }

    QuorumGuard(
            String nodeName,
            Peer listen,
            List<Peer> peers,
            Buckets buckets,
            Probes probes,
            Servers servers,
            Supplier<Membership> membership,
            ChildControl child,
            Timing timing) {
        this.ownName = nodeName;
        this.peers = new KnownPeers(
                nodeName,
                peers.stream().distinct().filter(peer -> !peer.equals(listen)).toList());
        this.buckets = buckets;
        this.probes = probes;
        this.servers = servers;
        this.membership = membership;
        this.child = child;
        this.timing = timing;
    }

    /** For a node whose store is not open and was before, until {@link #start}. It writes nothing meanwhile. */
    public void startOpening() {
        opening();
        watch.start();
    }

    void opening() {
        opening = true;
    }

    /** For when the store has opened, which confirmed a write to every bucket. */
    public void start() {
        opened();
        if (!watch.isStarted()) {
            watch.start();
        }
    }

    void opened() {
        lastConfirmed = timing.nanoTime().getAsLong();
        opening = false;
    }

    /** Why the server is ended at the moment, as a sentence. */
    public Optional<String> suspended() {
        return suspended;
    }

    /** How often the server was ended, since the start. */
    public long suspensions() {
        return suspensions.get();
    }

    /** How many of its writes no quorum acknowledged in time, since the start. */
    public long unconfirmedWrites() {
        return unconfirmed.get();
    }

    /** How long ago the last write began that a quorum acknowledged. */
    public Duration sinceConfirmed() {
        return Duration.ofMillis(timing.millisSince(lastConfirmed));
    }

    private void look() throws InterruptedException {
        if (!begun) {
            begin();
            begun = true;
        }
        tick();
    }

    /** This node's own server runs, and tells which of the addresses is its own. */
    void begin() throws InterruptedException {
        long now = timing.nanoTime().getAsLong();
        lastAttempt = now - CONFIRM_EVERY_NANOS;
        if (opening) {
            lastConfirmed = now;
            lastIntroduction = now - INTRODUCE_EVERY_NANOS;
            policy.opening(now);
        } else {
            policy.confirmed(lastConfirmed);
            introduce(now);
        }
    }

    /** While all is well, so that later it is known which server is at which address. */
    private void introduce(long now) throws InterruptedException {
        lastIntroduction = now;
        List<Peer> nameless = peers.nameless();
        if (!nameless.isEmpty()) {
            peers.learn(probes.probe(nameless));
        }
    }

    void tick() throws InterruptedException {
        long now = timing.nanoTime().getAsLong();
        boolean open = !opening;
        if (open && policy.isOpening()) {
            policy.confirmed(lastConfirmed);
        }
        if (open && !policy.isSuspended() && now - lastAttempt >= CONFIRM_EVERY_NANOS) {
            lastAttempt = now;
            confirm(now);
        }
        if (policy.isSuspicious(timing.nanoTime().getAsLong())) {
            decide(probes.probe(peers.others()));
        } else if (open && now - lastIntroduction >= INTRODUCE_EVERY_NANOS) {
            introduce(now);
        }
    }

    private void confirm(long begun) {
        if (buckets.confirm(CONFIRMING.get(nextBucket), CONFIRM_LIMIT)) {
            lastConfirmed = begun;
            policy.confirmed(begun);
        } else {
            unconfirmed.incrementAndGet();
            nextBucket = (nextBucket + 1) % CONFIRMING.size(); // this one may be electing
        }
    }

    private void decide(List<Reach> reached) {
        CutPolicy.Sight sight = sight(peers.servers(reached));
        if (policy.isOpening() && sight.clusterSize() == 0) {
            return; // a grown cluster may be at work with servers that are not configured
        }
        String seen = reached.stream().map(Reach::words).collect(Collectors.joining(", "));
        switch (policy.decide(timing.nanoTime().getAsLong(), sight)) {
            case SUSPEND -> {
                String reason =
                        (policy.isOpening() ? "the store has not opened for " : "no quorum has confirmed a write for ")
                                + sinceConfirmed().toMillis() + " ms and a majority can be at work elsewhere: " + seen;
                suspensions.incrementAndGet();
                suspended = Optional.of(reason);
                log.warn("ending nats-server until the other nodes can be reached: {}", reason);
                child.suspend(reason);
            }
            case RESUME -> {
                suspended = Optional.empty();
                log.info("starting nats-server again: {}", seen);
                child.resume(seen);
            }
            case STAY -> log.debug("nats-server stays as it is: {}", seen);
        }
    }

    private CutPolicy.Sight sight(List<KnownPeers.Server> others) {
        Set<String> connected = new TreeSet<>(servers.connectedPeers().orElse(Set.of()));
        connected.remove(ownName);
        connected.removeAll(peers.names());
        Membership cluster = policy.isOpening() ? rejoining() : membership.get();
        return new CutPolicy.Sight(
                others.stream().map(KnownPeers.Server::status).toList(),
                cluster.size(),
                connected.size(),
                cluster.hasMajority(ownName, others, connected));
    }

    /** A server that is started with groups from before knows their sizes. */
    private Membership rejoining() {
        if (!policy.isSuspended()) {
            rejoining = rejoining.seen(ClusterState.of(Instant.EPOCH, servers.reports(), 1));
        }
        return rejoining;
    }

    @Override
    public void close() {
        watch.close();
    }
}
