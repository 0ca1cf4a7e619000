package io.unibus.bootstrap;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every second whether this node's own server takes writes, and has it started again when it does not although it
 * could; {@link WritePolicy} says when. Thread-safe; started once, closed by whoever started it.
 */
public final class WriteWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WriteWatch.class);

    private static final long PERIOD_MILLIS = 1_000;
    private static final Duration LONGEST_QUIET = Duration.ofSeconds(2);
    /** Each time that a server says it is not well, it also says so in its log. */
    private static final int LOOKS_PER_HEALTH_CHECK = 5;

    private final Servers servers;
    private final IntSupplier clusterSize;
    private final Supplier<Duration> sinceConfirmed;
    private final LongSupplier usableBytes;
    private final Supplier<Duration> childAge;
    private final ChildControl child;
    private final Timing timing;
    private final WritePolicy policy = new WritePolicy();
    private final AtomicLong restarts = new AtomicLong();
    private final Watch watch = new Watch("write-watch", log, "the server's writes", this::look, () -> PERIOD_MILLIS);
    private Optional<String> health = Optional.empty();
    private long looks;

    /**
     * Does nothing yet.
     *
     * @param configured how many servers the cluster has by the configuration, this node's included; what the servers say
     *     of that counts more
     * @param usableBytes of the disk that the server's store is on
     * @param childAge since the present child was started; zero when there is none
     */
    public WriteWatch(
            ServerQueries servers,
            int configured,
            ReplicaKeeper replicas,
            QuorumGuard guard,
            LongSupplier usableBytes,
            Supplier<Duration> childAge,
            ChildControl child) {
        this(
                servers,
                () -> replicas.membership().sizeOr(configured),
                guard::sinceConfirmed,
                usableBytes,
                childAge,
                child,
                Timing.system());
    }

    WriteWatch(
            Servers servers,
            IntSupplier clusterSize,
            Supplier<Duration> sinceConfirmed,
            LongSupplier usableBytes,
            Supplier<Duration> childAge,
            ChildControl child,
            Timing timing) {
        this.servers = servers;
        this.clusterSize = clusterSize;
        this.sinceConfirmed = sinceConfirmed;
        this.usableBytes = usableBytes;
        this.childAge = childAge;
        this.child = child;
        this.timing = timing;
    }

    public void start() {
        watch.start();
    }

    /** How often it had the server started again. */
    public long restarts() {
        return restarts.get();
    }

    void look() {
        if (looks++ % LOOKS_PER_HEALTH_CHECK == 0) {
            health = servers.ownTrouble();
        }
        WritePolicy.Sight sight =
                new WritePolicy.Sight(unconfirmed(), health, peersConnected(), usableBytes.getAsLong(), childAge.get());
        policy.decide(timing.nanoTime().getAsLong(), sight).ifPresent(verdict -> {
            if (verdict.restart()) {
                restarts.incrementAndGet();
                log.warn("starting nats-server again: {}", verdict.reason());
                child.restart(verdict.reason());
            } else {
                log.error("{}", verdict.reason());
            }
        });
    }

    private Optional<String> unconfirmed() {
        Duration quiet = sinceConfirmed.get();
        return quiet.compareTo(LONGEST_QUIET) < 0
                ? Optional.empty()
                : Optional.of("no write was confirmed for " + quiet.toSeconds() + " s");
    }

    private boolean peersConnected() {
        return servers.connectedPeers()
                .map(names -> names.size() + 1 >= ClusterState.majority(clusterSize.getAsInt()))
                .orElse(false);
    }

    @Override
    public void close() {
        watch.close();
    }
}
