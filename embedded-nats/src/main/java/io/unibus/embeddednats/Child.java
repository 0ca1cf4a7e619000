package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of nats-server. The program begins behind a gate, a shell that waits for a word from the JVM: it is given once
 * the guard knows the process, so there is no moment at which the JVM can die and leave a child that nobody knows.
 */
final class Child {
    private static final Logger log = LoggerFactory.getLogger(Child.class);
    /** The second check is for a JVM that died after it gave the word and before setpriv had made its arrangement. */
    private static final String GATE =
            "umask 077; read -r go && [ \"$go\" = go ] && [ \"$PPID\" = \"$0\" ] && exec \"$@\" </dev/null; exit 125";

    private static final int CANNOT_EXECUTE = 126;
    private static final int NOT_FOUND = 127;
    private static final Set<String> ENVIRONMENT_KEPT =
            Set.of("PATH", "TZ", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG", "GOTRACEBACK");

    private final Process process;
    private final ProcessIdentity identity;
    private final ChildOutput output;

    private Child(Process process, ProcessIdentity identity, ChildOutput output) {
        this.process = process;
        this.identity = identity;
        this.output = output;
    }

    /** Must be called from a thread that lives longer than the child: its end is the child's. */
    static Child launch(
            InstalledBinary binary, RunDirectory files, Launchers launchers, Guard guard, Consumer<LogLine> lines) {
        ProcessBuilder builder = new ProcessBuilder(command(binary, files, launchers))
                .directory(files.root().toFile())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.PIPE);
        // What the JVM was given in its environment, secrets perhaps, is none of the server's business.
        builder.environment().keySet().removeIf(name -> !keeps(name));
        try {
            Process process = builder.start();
            ProcessIdentity identity = new ProcessIdentity(
                    process.pid(), ProcessIdentity.startTimeOf(process.pid()).orElse(0L), binary.executable());
            guard.watch(identity);
            openGate(process);
            return new Child(process, identity, ChildOutput.drain(process, lines));
        } catch (IOException e) {
            throw new NatsServerException(
                    Reason.BINARY_UNUSABLE, "cannot start " + binary.executable() + ": " + e.getMessage(), e);
        }
    }

    static boolean keeps(String variable) {
        return ENVIRONMENT_KEPT.contains(variable);
    }

    private static List<String> command(InstalledBinary binary, RunDirectory files, Launchers launchers) {
        List<String> command = new ArrayList<>();
        launchers
                .setpriv()
                .ifPresent(setpriv -> command.addAll(List.of(setpriv.toString(), "--pdeathsig", "TERM", "--")));
        String jvm = Long.toString(ProcessHandle.current().pid());
        command.addAll(List.of(launchers.shell().toString(), "-c", GATE, jvm));
        launchers.setsid().ifPresent(setsid -> command.add(setsid.toString()));
        command.addAll(
                List.of(binary.executable().toString(), "-c", files.configFile().toString()));
        return command;
    }

    private static void openGate(Process process) {
        try (OutputStream gate = process.getOutputStream()) {
            gate.write("go\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException ended) {
            log.debug("nats-server ended before it began: {}", ended.getMessage());
        }
    }

    long pid() {
        return identity.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    ChildOutput output() {
        return output;
    }

    /** Runs the action when the child has ended, on some thread. */
    void onExit(Runnable action) {
        var unused = process.onExit().thenRun(action);
    }

    /** Waits for the end, at most that long; whether it has ended. */
    boolean awaitExit(long millis) throws InterruptedException {
        return process.waitFor(Math.max(0, millis), TimeUnit.MILLISECONDS);
    }

    /** SIGUSR2: the server hands its Raft leaderships over, lets its clients go and ends. */
    void enterLameDuckMode() {
        try {
            if (identity.isRunning()) {
                new ProcessBuilder("/bin/sh", "-c", "kill -USR2 \"$0\"", Long.toString(pid()))
                        .redirectOutput(Redirect.DISCARD)
                        .redirectError(Redirect.DISCARD)
                        .start();
            }
        } catch (IOException e) {
            log.warn("cannot hand leaderships over before the stop: {}", e.getMessage());
        }
    }

    /** SIGTERM. Through the handle: {@link Process#destroy} closes the child's output, and writing it would end it. */
    void terminate() {
        boolean ignored = process.toHandle().destroy();
    }

    /** SIGKILL. */
    void kill() {
        boolean ignored = process.toHandle().destroyForcibly();
    }

    /** How it ended, for people. Only after its end. */
    String ending() {
        int code = process.exitValue();
        String how =
                code > 128 ? "was ended by signal " + (code - 128) + signalName(code - 128) : "ended with code " + code;
        return "nats-server (pid " + pid() + ") " + how;
    }

    /** It said itself, in one line, why it cannot run, or could not even be executed. */
    boolean refusedToRun() {
        int code = process.exitValue();
        return code == 1 || couldNotBeExecuted();
    }

    boolean couldNotBeExecuted() {
        int code = process.exitValue();
        return code == CANNOT_EXECUTE || code == NOT_FOUND;
    }

    private static String signalName(int signal) {
        return switch (signal) {
            case 2 -> " (INT)";
            case 6 -> " (ABRT)";
            case 9 -> " (KILL)";
            case 11 -> " (SEGV)";
            case 15 -> " (TERM)";
            default -> "";
        };
    }
}
