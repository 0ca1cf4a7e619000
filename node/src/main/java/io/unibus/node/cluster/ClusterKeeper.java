package io.unibus.node.cluster;

import io.unibus.bootstrap.Bootstrap;
import io.unibus.bootstrap.BootstrapException;
import io.unibus.bootstrap.ChildControl;
import io.unibus.bootstrap.ClusterState;
import io.unibus.bootstrap.Heartbeat;
import io.unibus.bootstrap.Heartbeats;
import io.unibus.bootstrap.Peer;
import io.unibus.bootstrap.PeerProbes;
import io.unibus.bootstrap.QuorumGuard;
import io.unibus.bootstrap.ReplicaKeeper;
import io.unibus.bootstrap.ServerQueries;
import io.unibus.bootstrap.WriteWatch;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.bus.Bus;
import io.unibus.node.config.BusAuth;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.node.host.NodeInfo;
import io.unibus.store.StoreUnusableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the replicated store up over this node's bus, and then keeps watch: over the replicas, over the other nodes, over
 * the quorum, and over the own server's ability to write. Thread-safe; opened once, closed by whoever opened it.
 */
public final class ClusterKeeper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ClusterKeeper.class);

    private final NodeConfig config;
    private final Bus bus;
    private final Bootstrap bootstrap;
    private final PeerProbes probes;
    private final Heartbeats heartbeats;
    private final ReplicaKeeper replicas;
    private final QuorumGuard guard;
    private final WriteWatch writes;
    private final List<AutoCloseable> running = new ArrayList<>();
    private volatile String httpUrl;
    private boolean closed;

    /** Does nothing yet. */
    public ClusterKeeper(NodeConfig config, NodeInfo info, Bus bus, InstantSource clock) {
        this.config = config;
        this.bus = bus;
        this.probes = new PeerProbes(bus::routeTls);
        this.httpUrl = config.tls().httpScheme() + "://" + config.http();
        List<Peer> peers = config.cluster().map(NodeConfig.ClusterConfig::routes).orElse(List.of()).stream()
                .map(ClusterKeeper::peer)
                .toList();
        Peer listen = config.cluster()
                .map(NodeConfig.ClusterConfig::listen)
                .map(ClusterKeeper::peer)
                .orElse(peer(config.nats()));
        ChildControl child = new Child(bus);
        ServerQueries servers = new ServerQueries(bus::systemConnection, Bus.CONTROL);
        String instance = UUID.randomUUID().toString();
        this.bootstrap = new Bootstrap(config.name(), bus::controlConnection, servers, probes, peers, clock);
        this.heartbeats = new Heartbeats(
                bus::controlConnection,
                () -> new Heartbeat(
                        info.name(),
                        instance,
                        info.version(),
                        config.replicas(),
                        clock.instant(),
                        httpUrl,
                        bus.serverId().orElse(""),
                        config.busAuth().toString(),
                        info.startedAt()),
                clock);
        this.replicas =
                new ReplicaKeeper(config.name(), config.replicas(), servers, bus::controlConnection, heartbeats, clock);
        this.guard =
                new QuorumGuard(config.name(), listen, peers, bus::controlConnection, probes, servers, replicas, child);
        this.writes = new WriteWatch(
                servers,
                peers.contains(listen) ? peers.size() : peers.size() + 1,
                replicas,
                guard,
                this::usableBytes,
                () -> bus.readyFor().orElse(Duration.ZERO),
                child);
    }

    /**
     * Returns when the buckets are open; the others are told of this node from the beginning.
     *
     * @throws FatalException when the limit is over, with what was waited for, or when an earlier build made the buckets
     */
    public void open() {
        run(heartbeats, heartbeats::start);
        probes.warmUp();
        if (mayHaveServed()) {
            run(guard, guard::startOpening);
        }
        try {
            Bootstrap.Opened opened = bootstrap.open(config.replicas(), config.bootstrapTimeout());
            log.info(
                    "the replicated store is open with {} of {} replicas after {} ms",
                    opened.replicas(),
                    config.replicas(),
                    opened.took().toMillis());
        } catch (BootstrapException e) {
            List<String> reasons = new ArrayList<>(List.of(e.getMessage()));
            guard.suspended().ifPresent(reason -> reasons.add("this node's nats-server is held down: " + reason));
            reasons.addAll(bus.clusterTroubles());
            reasons.addAll(heartbeats.problems());
            throw new FatalException(ExitCode.UNAVAILABLE, String.join("; ", reasons), e);
        } catch (StoreUnusableException e) {
            throw new FatalException(ExitCode.CONFIGURATION, String.valueOf(e.getMessage()), e);
        }
    }

    /** Begins to keep watch; for when the store was opened. */
    public void watch() {
        run(replicas, replicas::start);
        run(guard, guard::start);
        run(writes, writes::start);
    }

    /** Tells the others where this node serves. */
    public void serves(String url) {
        httpUrl = url;
    }

    /** As of some seconds ago. */
    public ClusterState state() {
        return replicas.state();
    }

    /** This node and those heard of within the last seconds, by name. */
    public List<Heartbeat> nodes() {
        List<Heartbeat> nodes = new ArrayList<>(heartbeats.alive());
        nodes.add(heartbeats.self());
        nodes.sort(java.util.Comparator.comparing(Heartbeat::name));
        return nodes;
    }

    /** Returns whether a node has bus-auth {@code enforce}; of one that is not heard of now this is assumed. */
    public boolean isEnforced(String name) {
        return heartbeats.alive().stream()
                .filter(node -> node.name().equals(name))
                .allMatch(node -> node.busAuth().equals(BusAuth.ENFORCE.toString()));
    }

    /** What an operator should know of the cluster, as sentences; empty when all is well. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        guard.suspended().ifPresent(reason -> problems.add("this node's nats-server is held down: " + reason));
        problems.addAll(bus.clusterTroubles());
        problems.addAll(heartbeats.problems());
        problems.addAll(state().degraded());
        return problems;
    }

    /** How often the own server was ended because this node was cut off. */
    public long suspensions() {
        return guard.suspensions();
    }

    /** How often the own server was started again because it could not write. */
    public long writeRestarts() {
        return writes.restarts();
    }

    private synchronized void run(AutoCloseable part, Runnable start) {
        if (!closed) {
            running.remove(part);
            running.add(0, part);
            start.run();
        }
    }

    /** Whether this node's server has a replica of something; said by its store, which is older than the present child. */
    private boolean mayHaveServed() {
        Path streams = config.dataDir().resolve("jetstream/jetstream/" + Bus.CONTROL + "/streams");
        try (Stream<Path> entries = Files.list(streams)) {
            return entries.findAny().isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private long usableBytes() {
        Path directory = config.dataDir();
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            log.debug("the space in {} cannot be told", directory, e);
            return 0;
        }
    }

    private static Peer peer(HostPort address) {
        return new Peer(address.host(), address.port());
    }

    private record Child(Bus bus) implements ChildControl {
        @Override
        public void suspend(String reason) {
            if (!bus.suspend(reason)) {
                log.warn("nats-server has not ended yet although it should have at once");
            }
        }

        @Override
        public void resume(String reason) {
            bus.resume();
        }

        @Override
        public void restart(String reason) {
            bus.restart(reason);
        }
    }

    /** The last started first; none is left out because another failed. */
    @Override
    public void close() {
        List<AutoCloseable> parts;
        synchronized (this) {
            closed = true;
            parts = List.copyOf(running);
            running.clear();
        }
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                log.warn("a part of the watch over the cluster did not end in order", e);
            }
        }
        probes.close();
    }
}
