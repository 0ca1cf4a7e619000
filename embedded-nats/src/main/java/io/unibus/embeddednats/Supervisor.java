package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Starts the child, waits for it to become ready and to end, and starts it again. All of that is one thread, which
 * therefore outlives every child, as the kernel's arrangement to end the child with its parent thread needs.
 */
final class Supervisor implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);
    private static final long STEP_MILLIS = 5;
    private static final long PROBE_LIMIT_MILLIS = 1000;
    private static final long OUTPUT_LIMIT_MILLIS = 500;
    private static final int LINES_IN_MESSAGE = 5;

    private final InstalledBinary binary;
    private final ServerConfig config;
    private final RunDirectory files;
    private final TlsFiles tlsFiles;
    private final Launchers launchers;
    private final Timing timing;
    private final Life life;
    private final Guard guard;
    private final LogDelivery lines;
    private final Probe probe;
    private final Ending ending;
    private final Duration startLimit;
    private final RestartTracker tracker;
    private final List<DirectoryLock> locks = new ArrayList<>();
    private int clientPort;
    private boolean everReady;

    /** Creates the run directory. */
    Supervisor(NatsServer.Builder settings, Life life, TlsFiles tlsFiles) {
        this.binary = settings.binary;
        this.config = settings.config;
        this.launchers = settings.launchers;
        this.timing = settings.timing;
        this.life = life;
        this.files = new RunDirectory(PrivateFiles.directory(settings.runDirectory));
        this.tlsFiles = tlsFiles;
        this.guard = new Guard(launchers, files.configFile());
        this.lines = new LogDelivery(settings.logListener);
        // Without a quorum a clustered JetStream answers nothing, and a cluster must be able to start one by one.
        boolean queryJetStream =
                config.storeDirectory().isPresent() && config.cluster().isEmpty();
        this.probe = new Probe(
                settings.probeLogin, settings.probeTls, queryJetStream, PROBE_LIMIT_MILLIS, timing.nanoTime());
        this.ending = new Ending(life, timing.nanoTime());
        this.startLimit = settings.restartPolicy.startLimit();
        this.tracker = new RestartTracker(settings.restartPolicy, timing.random());
        this.clientPort = config.clients().port();
    }

    /** What went wrong with a child; {@code hopeless} when the same start would fail the same way. */
    private record Failure(Reason reason, String what, boolean hopeless, List<String> output) {}

    /** Takes the locks that {@link #run} gives back at its end, and under them makes sure of whose the store is. */
    void claimDirectories() {
        PrivateFiles.directory(files.portsDirectory());
        TreeSet<Path> directories = new TreeSet<>();
        directories.add(files.root());
        config.storeDirectory().ifPresent(store -> directories.add(PrivateFiles.directory(store)));
        try {
            directories.forEach(
                    directory -> locks.add(DirectoryLock.acquire(directory.resolve(RunDirectory.LOCK_NAME))));
            config.storeDirectory().ifPresent(StoreMode.of(config)::claim);
        } catch (NatsServerException e) {
            unlockDirectories();
            throw e;
        }
    }

    void unlockDirectories() {
        locks.forEach(DirectoryLock::close);
        locks.clear();
    }

    @Override
    public void run() {
        Optional<NatsServerException> failure = Optional.empty();
        try {
            lines.start();
            guard.start();
            new Leftovers(binary.binDirectory(), files.configFile(), timing.sleeper()).end();
            superviseUntilStop();
        } catch (NatsServerException e) {
            failure = Optional.of(e);
        } catch (InterruptedException | RuntimeException | Error e) {
            failure = Optional.of(
                    new NatsServerException(Reason.START_FAILED, "the supervision of nats-server ended: " + e, e));
        }
        cleanUp();
        failure.ifPresentOrElse(life::failed, life::stopped);
    }

    private void cleanUp() {
        List<Runnable> steps = new ArrayList<>(List.of(guard::close, lines::close, this::removeTraces));
        locks.forEach(lock -> steps.add(lock::close));
        for (Runnable step : steps) {
            try {
                step.run();
            } catch (RuntimeException e) {
                log.warn("the end of nats-server left something behind: {}", e.getMessage());
            }
        }
        locks.clear();
    }

    private void superviseUntilStop() throws InterruptedException {
        while (!life.stopExpected()) {
            Optional<String> interruption = life.takeInterruption();
            if (interruption.isPresent()) {
                follow(interruption.get());
            } else {
                superviseOnce();
            }
        }
    }

    private void superviseOnce() throws InterruptedException {
        Optional<Failure> failure = runOnce();
        if (life.stopExpected()) {
            endedInStop(failure);
        } else if (failure.isPresent()) {
            restartOrGiveUp(failure.get());
        }
    }

    private void endedInStop(Optional<Failure> failure) {
        failure.ifPresent(unplanned ->
                log.info("nats-server ended before it was asked to, in an expected stop: {}", unplanned.what()));
        if (life.state() != ServerState.STOPPING) {
            life.to(ServerState.STOPPING, "");
        }
    }

    /** Lets a start that was asked for come next, at once or when the suspension is over. */
    private void follow(String interruption) throws InterruptedException {
        Optional<String> suspension = life.suspension();
        if (suspension.isPresent()) {
            log.warn("nats-server is held down: {}", suspension.get());
            life.to(ServerState.SUSPENDED, suspension.get());
            life.await(() -> life.suspension().isEmpty() || life.stopExpected());
        }
        tracker.reset();
        if (!life.stopExpected() && life.state() != ServerState.STARTING) {
            life.to(ServerState.STARTING, interruption);
        }
    }

    private void restartOrGiveUp(Failure failure) throws InterruptedException {
        if (failure.hopeless() && !everReady) {
            throw new NatsServerException(failure.reason(), failure.what(), null, failure.output());
        }
        Duration delay = tracker.failed(timing.nanoTime().getAsLong())
                .orElseThrow(() -> new NatsServerException(
                        Reason.GAVE_UP,
                        "gave up after " + tracker.failures() + " failures of nats-server in a row; the last: "
                                + failure.what(),
                        null,
                        failure.output()));
        log.warn("restarting nats-server in {} ms: {}", delay.toMillis(), failure.what());
        life.problem(failure.what());
        life.to(ServerState.RESTARTING, failure.what());
        boolean ignored = life.await(() -> life.stopExpected() || life.endRequested(), delay);
    }

    private void removeTraces() {
        tlsFiles.removeWithTraces(files);
    }

    private void writeFiles() {
        tlsFiles.write(files);
        PrivateFiles.write(files.configFile(), ConfigText.render(config, files, clientPort));
    }

    /** One child from start to end; empty when the end was planned. */
    private Optional<Failure> runOnce() throws InterruptedException {
        Child child;
        try {
            removeTraces();
            writeFiles();
            child = Child.launch(binary, files, launchers, guard, lines::offer);
        } catch (NatsServerException e) {
            // A full disk, say: hopeless at first, worth another try when it worked before.
            return Optional.of(new Failure(e.reason(), String.valueOf(e.getMessage()), true, List.of()));
        }
        life.launched(child.pid(), child::kill);
        child.onExit(life::wake);
        try {
            Optional<Failure> notReady = awaitReady(child);
            if (notReady.isPresent()) {
                ending.terminate(child);
                return notReady;
            }
            awaitEndOrWish(child);
            return life.endRequested() ? endAsAsked(child) : Optional.of(failureOfEnded(child));
        } finally {
            child.kill();
            child.output().awaitEnd(OUTPUT_LIMIT_MILLIS);
            life.childEnded();
        }
    }

    private Optional<Failure> endAsAsked(Child child) throws InterruptedException {
        if (life.stopRequested()) {
            life.to(ServerState.STOPPING, "");
        }
        if (life.suspension().isPresent()) {
            ending.kill(child);
            return Optional.empty();
        }
        if (!life.stopRequested()) {
            log.info("starting nats-server again: {}", life.interruption().orElse(""));
            life.to(ServerState.STARTING, life.interruption().orElse(""));
        }
        if (config.cluster().isPresent() && everReady) {
            ending.handOver(child);
        } else {
            ending.terminate(child);
        }
        return Optional.empty();
    }

    /** Meanwhile the child is queried. */
    private void awaitEndOrWish(Child child) throws InterruptedException {
        Optional<String> serverId = life.serverId();
        Optional<HostPort> address = life.clients();
        if (serverId.isEmpty() || address.isEmpty()) {
            return; // its end was asked for before the child was ready
        }
        try (Liveness liveness = new Liveness(
                life, serverId.get(), () -> probe.check(address.get(), config.serverName(), serverId.get()))) {
            liveness.start();
            life.await(() -> !child.isAlive() || life.endRequested());
        }
    }

    /** Empty when the child is ready, or when its end is asked for. */
    private Optional<Failure> awaitReady(Child child) throws InterruptedException {
        long deadline = timing.nanoTime().getAsLong() + startLimit.toNanos();
        String problem = "it has not opened its ports";
        life.problem(problem);
        while (!life.endRequested()) {
            if (child.awaitExit(STEP_MILLIS)) {
                return life.endRequested() ? Optional.empty() : Optional.of(failureOfEnded(child));
            }
            Optional<Listeners> listeners = files.listeners(child.pid());
            Optional<String> serverId = child.output().serverId();
            if (listeners.isPresent() && serverId.isPresent()) {
                HostPort address =
                        config.clients().reachableFromHere(listeners.get().clientPort());
                Probe.Result result = probe.check(address, config.serverName(), serverId.get());
                problem = result.problem();
                switch (result.outcome()) {
                    case READY -> {
                        ready(serverId.get(), listeners.get(), address);
                        return Optional.empty();
                    }
                    case LOGIN_REFUSED -> {
                        return Optional.of(failure(Reason.CONFIGURATION_REFUSED, problem, child));
                    }
                    case FOREIGN -> {
                        return Optional.of(failure(Reason.ADDRESS_IN_USE, problem, child));
                    }
                    case NOT_YET -> life.problem(problem);
                }
            }
            if (timing.nanoTime().getAsLong() - deadline > 0) {
                String what = "nats-server (pid " + child.pid() + ") was not ready within " + startLimit.toMillis()
                        + " ms: " + problem;
                return Optional.of(new Failure(Reason.TIMED_OUT, what, false, lines(child)));
            }
        }
        return Optional.empty();
    }

    private void ready(String serverId, Listeners listeners, HostPort address) {
        everReady = true;
        clientPort = listeners.clientPort();
        tracker.ready(timing.nanoTime().getAsLong());
        Optional<HostPort> monitoring = listeners.monitoringPort().isPresent()
                ? Optional.of(
                        new HostPort("127.0.0.1", listeners.monitoringPort().getAsInt()))
                : Optional.empty();
        life.ready(serverId, address, monitoring);
        log.info("nats-server {} is ready on {}", binary.version(), address);
    }

    private Failure failure(Reason reason, String what, Child child) {
        return new Failure(reason, what, true, lines(child));
    }

    private Failure failureOfEnded(Child child) throws InterruptedException {
        child.output().awaitEnd(OUTPUT_LIMIT_MILLIS);
        Optional<String> taken = child.output().lastLines().stream()
                .flatMap(line -> FatalLine.addressInUse(line.message()).stream())
                .findFirst();
        if (taken.isPresent()) {
            clientPort = config.clients().port();
            String what = taken.get() + " is in use by another process; choose another address, or stop that process";
            return failure(Reason.ADDRESS_IN_USE, what, child);
        }
        Reason reason = child.couldNotBeExecuted() ? Reason.BINARY_UNUSABLE : Reason.START_FAILED;
        String what = child.ending() + complaints(child);
        return new Failure(reason, what, child.refusedToRun(), lines(child));
    }

    /** The last lines that are worse than information: the rest says nothing of a failure. */
    private static String complaints(Child child) {
        List<String> lines = child.output().lastLines().stream()
                .filter(line -> line.level().toInt() >= Level.WARN.toInt())
                .map(LogLine::message)
                .toList();
        return lines.isEmpty()
                ? ""
                : "; it said: "
                        + String.join(" | ", lines.subList(Math.max(0, lines.size() - LINES_IN_MESSAGE), lines.size()));
    }

    private static List<String> lines(Child child) {
        return child.output().lastLines().stream().map(LogLine::message).toList();
    }
}
