package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds and ends servers of an earlier run on the same configuration file. A process counts only when its executable is
 * in this library's own directory and its command line names that file; pid files are not believed.
 */
final class Leftovers {
    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);
    private static final long STEP_MILLIS = 5;
    private static final int STEPS_TO_TERMINATE = 400;
    private static final int STEPS_TO_KILL = 400;

    private final Path binDirectory;
    private final Path configFile;
    private final Sleeper sleeper;

    Leftovers(Path binDirectory, Path configFile, Sleeper sleeper) {
        this.binDirectory = binDirectory;
        this.configFile = configFile;
        this.sleeper = sleeper;
    }

    /** Returns when none is left: asked to end, and killed after 2 seconds. */
    void end() throws InterruptedException {
        List<ProcessIdentity> found = find();
        if (found.isEmpty()) {
            return;
        }
        log.warn("ending nats-server of an earlier run: {}", found);
        found.forEach(process -> process.end(false));
        if (!awaitEnd(found, STEPS_TO_TERMINATE)) {
            found.forEach(process -> process.end(true));
            if (!awaitEnd(found, STEPS_TO_KILL)) {
                throw new NatsServerException(
                        Reason.LEFTOVER_STUCK,
                        "a nats-server of an earlier run does not end, not even killed: " + found
                                + "; see what holds it (often a disk that does not answer) before starting again");
            }
        }
    }

    List<ProcessIdentity> find() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> ProcessIdentity.executableOf(pid)
                        .filter(program -> program.startsWith(binDirectory))
                        .isPresent())
                .flatMap(pid -> ProcessIdentity.of(pid).stream())
                .filter(process -> process.commandLine().contains(configFile.toString()))
                .collect(Collectors.toList());
    }

    private boolean awaitEnd(List<ProcessIdentity> processes, int steps) throws InterruptedException {
        Predicate<ProcessIdentity> running = ProcessIdentity::isRunning;
        for (int step = 0; step < steps && processes.stream().anyMatch(running); step++) {
            sleeper.sleep(STEP_MILLIS);
        }
        return processes.stream().noneMatch(running);
    }
}
