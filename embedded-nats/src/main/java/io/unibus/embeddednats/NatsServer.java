package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A supervised nats-server: started once, restarted when it fails or when asked to, stopped once. The package says what is
 * guaranteed.
 * Thread-safe. Whoever starts it closes it.
 */
public final class NatsServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NatsServer.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final Duration STOP_GRACE = Duration.ofSeconds(3);

    private final Builder settings;
    private final Life life;
    private final TlsFiles tlsFiles;
    private @Nullable Thread supervisor;

    private NatsServer(Builder settings) {
        this.settings = settings;
        this.life = new Life(settings.listener, settings.timing.nanoTime());
        this.tlsFiles = new TlsFiles(settings.config);
    }

    /**
     * A server that keeps its files in the run directory, where the caller's own files may be too: {@code nats-server.conf}
     * (mode 0600, it holds the secrets), {@code .pid}, {@code .ports}, {@code .lock}, and while a child runs the keys of its
     * certificates (mode 0600). One JetStream store belongs to one
     * run directory, and to one cluster or none: {@code nats-server.mode} in it says which.
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
        Supervisor work = new Supervisor(settings, life, tlsFiles);
        work.claimDirectories();
        life.to(ServerState.STARTING, "");
        supervisor = new Thread(work, "nats-server-supervisor");
        supervisor.setDaemon(true);
        supervisor.start();
    }

    /**
     * Returns when the server is ready, which it may be already; not before a suspension or restart that was asked for is
     * over.
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

    /**
     * For how long the present child has been ready; empty when it is not, or when there is none. A child that was started
     * again begins anew: right after that, little can be said of what it is connected to.
     */
    public Optional<Duration> readyFor() {
        return life.readyFor();
    }

    /** How often a child has been started again, for whatever reason. */
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

    /**
     * Kills the child and holds it down until {@link #resume}: for a server that must be gone before it does harm. No
     * leadership is handed over, no client warned. It is no failure, and the directories stay locked. The signal is sent
     * before anything is waited for, in any state; a child that is just being launched is killed as soon as it is known.
     * When there is no child any more the state is {@link ServerState#SUSPENDED}, with that reason. While a stop is
     * expected or asked for, it ends in {@code STOPPED} instead. Idempotent; the first reason stays. Before the start it
     * lets the start begin suspended.
     *
     * @return whether it is certain that there is no child; after the limit, or at an interrupt, which leaves the thread's
     *     flag set, it may be false, and the wish stands. It is false too when another thread resumes meanwhile
     */
    public boolean suspend(String reason, Duration limit) {
        life.suspend(reason);
        try {
            return life.awaitNoChild(limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Ends a suspension: the child is started at once, and failures before do not count any more. Does not wait, for
     * which there is {@link #awaitReady}; without a suspension it does nothing.
     */
    public void resume() {
        life.resume();
    }

    /**
     * Ends the child as {@link #stop} does, and starts it again at once, for a child that needs it without having failed,
     * as after a full disk. Failures before do not count any more; a wait after a failure is cut short. Does not wait:
     * {@link #awaitReady} returns when the next child is ready. Nothing happens while a stop is expected or the child is
     * suspended, and calls until the next start are one.
     */
    public void restart(String reason) {
        life.requestRestart(reason);
    }

    /**
     * Replaces the certificate that clients are shown, for each child from here on. The one that runs finds the new pair in its
     * files, and shows it after a reload of its configuration, which is left to the caller: a server asks again for each
     * connection then whether it may stay.
     *
     * @throws IllegalStateException when the server was configured without {@link ServerConfig.Builder#clientTls}
     * @throws NatsServerException when the files cannot be written; children to come are given the new pair all the same
     */
    public void replaceClientTls(ClientTls next) {
        if (settings.config.clientTls().isEmpty()) {
            throw new IllegalStateException("clients of this server connect without TLS");
        }
        tlsFiles.replaceClientTls(next, new RunDirectory(settings.runDirectory));
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
        Optional<SSLContext> probeTls = Optional.empty();
        StateListener listener = (state, reason) -> {};
        LogListener logListener = line -> {};
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

        /** Sets what the readiness check trusts; needed where clients connect over TLS. It compares no host names by itself. */
        public Builder probeTls(SSLContext context) {
            probeTls = Optional.of(context);
            return this;
        }

        public Builder listener(StateListener value) {
            listener = value;
            return this;
        }

        /** Hears the children's log, which goes to the logger {@code nats-server} in any case. */
        public Builder logListener(LogListener value) {
            logListener = value;
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
            if (config.clientTls().isPresent() && probeTls.isEmpty()) {
                throw new IllegalArgumentException("the readiness check needs to know what to trust: probeTls");
            }
            Texts.requirePlain("run directory", runDirectory.toString());
            Texts.requirePlain("program's path", binary.executable().toString());
            return new NatsServer(this);
        }
    }
}
