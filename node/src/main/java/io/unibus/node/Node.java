package io.unibus.node;

import io.unibus.embeddednats.ServerState;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.bus.Bus;
import io.unibus.node.cluster.ClusterKeeper;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.node.host.NodeInfo;
import io.unibus.node.host.Version;
import io.unibus.node.http.HttpServer;
import io.unibus.node.tls.NodeTls;
import io.unibus.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node from boot to shutdown. {@link #start} brings up the lock, the child, the store and, only when those work, the
 * control plane; {@link #stop} takes them down in reverse. Thread-safe; started once.
 */
public final class Node {
    private static final Logger log = LoggerFactory.getLogger(Node.class);

    private static final Duration STEP_LIMIT = Duration.ofSeconds(5);
    private static final Duration LONG_STEP_LIMIT = Duration.ofSeconds(15);

    private final NodeConfig config;
    private final NodeInfo info;
    private final ShutdownSequence shutdown = new ShutdownSequence();
    private final CompletableFuture<Optional<FatalException>> ended = new CompletableFuture<>();
    private final NodeComponent parts;
    private final LongSupplier nanoTime = System::nanoTime;
    private @Nullable DataDirectory announcedIn;

    public Node(NodeConfig config) {
        this.config = config;
        this.info = new NodeInfo(
                config.name(),
                Version.current(),
                ProcessHandle.current().pid(),
                Clock.systemUTC().instant().truncatedTo(ChronoUnit.MILLIS),
                config.store().toString());
        this.parts = DaggerNodeComponent.factory().create(config, info, this::childChanged);
    }

    /**
     * Returns when the node serves.
     *
     * @return the line that says so
     * @throws FatalException when it cannot; {@link #stop} then undoes what was done
     */
    public String start() {
        StartTimes times = new StartTimes(nanoTime);
        DataDirectory directory = DataDirectory.open(config.dataDir());
        shutdown.add("lock", STEP_LIMIT, directory::close);
        directory.lock();

        Bus bus = parts.bus();
        shutdown.add("nats-server", LONG_STEP_LIMIT, bus::close);
        CompletableFuture<Void> busStarted = inBackground("bus-start", () -> times.measure("nats-server", bus::start));

        Optional<ClusterKeeper> cluster = parts.clusterKeeper();
        if (cluster.isPresent()) { // the store is on the bus
            await(busStarted);
            shutdown.add("bootstrap", STEP_LIMIT, cluster.get()::close);
            times.measure("bootstrap", cluster.get()::open);
        }
        AuditLog auditLog = parts.auditLog();
        shutdown.add("audit log", STEP_LIMIT, auditLog::close);
        auditLog.started(info.version(), info.store(), config.busAuth().toString());
        Store store = times.measure("store", parts::store);
        shutdown.add("store", LONG_STEP_LIMIT, store::close);
        auditLog.follow(store);
        cluster.ifPresent(keeper -> shutdown.add("watch over the cluster", STEP_LIMIT, keeper::close));
        cluster.ifPresent(ClusterKeeper::watch);
        HttpServer http = times.measure("routes", parts::httpServer);
        shutdown.add("http", LONG_STEP_LIMIT, http::close);
        times.findJvmStart();

        await(busStarted);
        bus.admit(
                parts.controlPlane(),
                store,
                name -> cluster.map(keeper -> keeper.isEnforced(name)).orElse(true));
        times.measure("http", http::start);
        cluster.ifPresent(keeper -> keeper.serves(http.url()));
        shutdown.add("announcement", STEP_LIMIT, this::withdraw);
        announceIn(directory);
        NodeTls tls = parts.tls();
        shutdown.add("certificate", STEP_LIMIT, tls::close);
        tls.watch(this::certificateRenewed);
        log.info("{}", times);
        return String.format(
                Locale.ROOT,
                "node ready http=%s nats=%s store=%s replicas=%d version=%s in=%.2fs",
                http.url(),
                bus.clientUrl(),
                info.store(),
                config.replicas(),
                info.version(),
                times.total().toMillis() / 1e3);
    }

    /**
     * Waits until the node was stopped.
     *
     * @throws FatalException when it cannot go on; the caller then stops it
     */
    public void awaitEnd() {
        Optional<FatalException> failure = ended.join();
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /**
     * Hears of what a thread ended with. An {@code Error} is no fault of one request or one look: nobody knows what was left half
     * done, so {@link #awaitEnd} returns, and the node is stopped in order.
     */
    public void threadFailed(Thread thread, Throwable failure) {
        log.error("thread {} failed; report this", thread.getName(), failure);
        if (failure instanceof Error) {
            ended.complete(Optional.of(new FatalException(
                    ExitCode.UNEXPECTED,
                    "thread " + thread.getName() + " failed with " + failure + "; the log has the details: report this",
                    failure)));
        }
    }

    /** Stops whatever was started, within a bounded time. Idempotent; may come while the node is starting. */
    public void stop() {
        Logs.forStopping();
        parts.bus().expectStop();
        shutdown.run();
        ended.complete(Optional.empty());
    }

    /** Whether {@link #stop} was called: what fails from then on, fails because of that. */
    public boolean isStopping() {
        return shutdown.hasBegun();
    }

    private void childChanged(ServerState state, String reason) {
        switch (state) {
            case FAILED -> ended.complete(Optional.of(new FatalException(ExitCode.UNAVAILABLE, reason)));
            case READY -> announce();
            default -> {}
        }
    }

    private synchronized void announceIn(DataDirectory directory) {
        announcedIn = directory;
        announce();
    }

    /** Commands on this host must know the certificate before the bus shows it. */
    private void certificateRenewed() {
        announce();
        parts.bus().takeCertificate();
    }

    /** Again after each start of the child, whose pid is new. */
    private synchronized void announce() {
        @Nullable DataDirectory directory = announcedIn;
        if (directory != null) {
            Bus bus = parts.bus();
            directory.announce(new DataDirectory.RunningNode(
                    info.pid(),
                    bus.childPid().orElse(0),
                    parts.httpServer().url(),
                    bus.clientUrl(),
                    parts.tls().fingerprints(),
                    config.cluster().map(cluster -> cluster.listen().toString()),
                    config.clusterKey(),
                    info.store(),
                    info.version(),
                    info.startedAt()));
        }
    }

    private synchronized void withdraw() {
        @Nullable DataDirectory directory = announcedIn;
        announcedIn = null;
        if (directory != null) {
            directory.withdrawAnnouncement();
        }
    }

    private static CompletableFuture<Void> inBackground(String name, Runnable work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private static void await(CompletableFuture<Void> work) {
        try {
            work.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }
}
