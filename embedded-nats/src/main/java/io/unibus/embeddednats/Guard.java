package io.unibus.embeddednats;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small shell process that outlives the JVM just long enough to end its child: it wakes up when the pipe from the JVM
 * closes, which the kernel sees to. Linux only; elsewhere it does nothing. Thread-safe.
 */
final class Guard implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Guard.class);
    private static final int RESTARTS_LIMIT = 10;

    private final Launchers launchers;
    private final Path configFile;
    private @Nullable Process process;
    private String record = "";
    private int restarts;
    private boolean closed;

    /** The configuration file only tells people what the guard is for. */
    Guard(Launchers launchers, Path configFile) {
        this.launchers = launchers;
        this.configFile = configFile;
    }

    synchronized void start() {
        if (!ProcessIdentity.hasProc() || closed) {
            return;
        }
        List<String> command = new ArrayList<>();
        launchers.setsid().ifPresent(setsid -> command.add(setsid.toString()));
        command.addAll(List.of(launchers.shell().toString(), "-c", script(), "nats-server-guard"));
        command.add(configFile.toString());
        command.addAll(launchers.executables());
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(launchers.shell().getRoot().toFile())
                    .redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD);
            builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
            Process started = builder.start();
            process = started;
            var unused = started.onExit().thenAccept(this::ended);
        } catch (IOException e) {
            log.warn(
                    "no guard for nats-server, which may outlive a killed JVM until the next start: {}",
                    e.getMessage());
        }
    }

    /** Names the present child, instead of the one before. */
    synchronized void watch(ProcessIdentity child) {
        record = child.pid() + " " + child.startTime() + " " + child.executable() + "\n";
        tell();
    }

    /** The guard's own pid, for tests; 0 when there is none. */
    synchronized long pid() {
        return process == null ? 0 : process.pid();
    }

    /** Lets the guard go; should the child still run, it is ended. */
    @Override
    public void close() {
        Process ending;
        synchronized (this) {
            closed = true;
            ending = process;
        }
        if (ending != null) {
            endOf(ending);
        }
    }

    private static void endOf(Process ending) {
        try {
            ending.getOutputStream().close();
            if (!ending.waitFor(2, TimeUnit.SECONDS)) {
                ending.destroyForcibly();
            }
        } catch (IOException alreadyGone) {
            ending.destroyForcibly();
        } catch (InterruptedException e) {
            ending.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void ended(Process gone) {
        if (!closed && gone.equals(process)) {
            process = null;
            if (++restarts > RESTARTS_LIMIT) {
                log.error("the guard of nats-server has ended {} times; going on without it", restarts);
                return;
            }
            log.warn("the guard of nats-server has ended with code {}; starting another", gone.exitValue());
            start();
            tell();
        }
    }

    private void tell() {
        if (process != null && !record.isEmpty()) {
            try {
                OutputStream out = process.getOutputStream();
                out.write(record.getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException gone) {
                log.debug("the guard does not listen: {}", gone.getMessage()); // ended() starts another and tells it
            }
        }
    }

    static String script() {
        try (InputStream in = Guard.class.getResourceAsStream("guard.sh")) {
            if (in == null) {
                throw new IllegalStateException("guard.sh is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
