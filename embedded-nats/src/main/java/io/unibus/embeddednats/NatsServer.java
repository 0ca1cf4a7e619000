package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A supervised nats-server: started once, restarted when it fails, stopped once. The package says what is guaranteed.
 * Thread-safe. Whoever starts it closes it.
 */
public final class NatsServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NatsServer.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final Duration STOP_GRACE = Duration.ofSeconds(3);

    private final Builder settings;
    private final Life life;
    private @Nullable Thread supervisor;

    private NatsServer(Builder settings) {
        this.settings = settings;
        this.life = new Life(settings.listener, settings.timing.nanoTime());
    }

    /**
     * A server that keeps its files in the run directory, where the caller's own files may be too: {@code nats-server.conf}
     * (mode 0600, it holds the secrets), {@code .pid}, {@code .ports}, {@code .lock}. One JetStream store belongs to one
     * run directory.
     */
    public static Builder builder(InstalledBinary binary, ServerConfig config, Path runDirectory) {
        return new Builder(binary, config, runDirectory);
    }

    /**
     * Takes the directories' locks, ends servers of earlier runs, starts the child, and returns when it is ready. When
     * it throws, everything is stopped again.
     *
     * @throws NatsServerException with a reason of {@link Reason}; an address in use or a configuration that the server
     *     refuses comes out at once, not after the timeout
     * @throws IllegalStateException at a second call, or when a stop was expected or asked for before
     */
    public void start(Duration timeout) {
        launch();
        try {
            awaitReady(timeout);
        } catch (NatsServerException e) {
            stop(STOP_LIMIT);
            throw e;
        }
    }

    private synchronized void launch() {
        if (supervisor != null || life.stopExpected()) {
            throw new IllegalStateException("a server is started once; build another");
        }
        Supervisor work = new Supervisor(settings, life);
        work.lockDirectories();
        life.to(ServerState.STARTING, "");
        supervisor = new Thread(work, "nats-server-supervisor");
        supervisor.setDaemon(true);
        supervisor.start();
    }

    /**
     * Returns when the server is ready, which it may be already.
     *
     * @throws NatsServerException {@code TIMED_OUT}; or, when it will never be ready, why; {@code INTERRUPTED} with the
     *     thread's flag set again
     */
    public void awaitReady(Duration timeout) {
        try {
            life.awaitReady(timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NatsServerException(Reason.INTERRUPTED, "interrupted while nats-server was starting", e);
        }
    }

    public ServerState state() {
        return life.state();
    }

    /** The present child; empty when there is none at the moment. */
    public OptionalLong pid() {
        return life.pid();
    }

    /** The identity of the present child once it is ready, as it names itself to clients; each child has another. */
    public Optional<String> serverId() {
        return life.serverId();
    }

    /**
     * Whether the present child is ready and still answers: it is queried every 2 seconds, as for readiness. False after
     * two queries in a row without an answer within a second each, so about 5 seconds after a child began to hang; true
     * again after the next answer. {@link #state} stays {@code READY} meanwhile, and a child that hangs is not ended:
     * that is left to the caller.
     */
    public boolean isAnswering() {
        return life.isAnswering();
    }

    /**
     * Where clients of this host connect to; the same over restarts, unless the server chose its port and another process
     * took it in between.
     *
     * @throws IllegalStateException before the server was ready for the first time
     */
    public HostPort clientAddress() {
        return life.clients().orElseThrow(() -> new IllegalStateException("the server was not ready yet"));
    }

    /** Where the child serves its monitoring over HTTP, which {@link DebugMode} turns on. */
    public Optional<HostPort> monitoringAddress() {
        return life.monitoring();
    }

    /** How often a child has been started again. */
    public int restarts() {
        return life.restarts();
    }

    /**
     * Says that a stop is about to come: from here on no child is started, and the end of the present one is no failure.
     * For a caller whose child may be signalled together with it, by a service manager or a terminal, before it comes to
     * {@link #stop}. The child is left alone, and the state is what it was, until the child ends by itself; then the state
     * becomes {@code STOPPING} and {@code STOPPED}, and the directories are released. {@link #stop} is still to be called.
     * A start that is under way goes on; one that has not begun is refused. Idempotent; does not wait.
     */
    public void expectStop() {
        life.expectStop();
    }

    /** {@link #stop(Duration)} within 10 seconds. */
    public void stop() {
        stop(STOP_LIMIT);
    }

    /**
     * Ends the child for good: in a cluster it first hands its leaderships over (lame duck), then SIGTERM, then SIGKILL,
     * each with a share of the limit. Returns when everything has ended, or soon after the limit. Idempotent; a server
     * that has failed stays failed. An interrupt does not cut it short.
     */
    public void stop(Duration limit) {
        life.requestStop(limit);
        Thread running;
        synchronized (this) {
            running = supervisor;
        }
        if (running != null && !joined(running, limit.plus(STOP_GRACE))) {
            log.error("the supervisor of nats-server has not ended within {} ms", limit.toMillis());
        }
    }

    @Override
    public void close() {
        stop(STOP_LIMIT);
    }

    private static boolean joined(Thread thread, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        while (thread.isAlive() && deadline - System.nanoTime() > 0) {
            try {
                thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    /** Collects what a server needs; {@link #build} does no I/O. */
    public static final class Builder {
        final InstalledBinary binary;
        final ServerConfig config;
        final Path runDirectory;
        RestartPolicy restartPolicy = RestartPolicy.standard();
        ProbeLogin probeLogin = ProbeLogin.none();
        StateListener listener = (state, reason) -> {};
        Launchers launchers = Launchers.found();
        Timing timing = Timing.system();

        private Builder(InstalledBinary binary, ServerConfig config, Path runDirectory) {
            this.binary = binary;
            this.config = config;
            this.runDirectory = runDirectory;
        }

        public Builder restartPolicy(RestartPolicy policy) {
            restartPolicy = policy;
            return this;
        }

        /** How the readiness check logs in; it must lead to an account with JetStream, where that is on. */
        public Builder probeLogin(ProbeLogin login) {
            probeLogin = login;
            return this;
        }

        public Builder listener(StateListener value) {
            listener = value;
            return this;
        }

        Builder launchers(Launchers value) {
            launchers = value;
            return this;
        }

        Builder timing(Timing value) {
            timing = value;
            return this;
        }

        public NatsServer build() {
            Texts.requirePlain("run directory", runDirectory.toString());
            Texts.requirePlain("program's path", binary.executable().toString());
            return new NatsServer(this);
        }
    }
}
