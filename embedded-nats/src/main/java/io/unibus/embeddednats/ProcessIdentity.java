package io.unibus.embeddednats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A process told from any other that has or will have its pid: by pid, start time and executable.
 *
 * @param startTime ticks since boot on Linux, milliseconds since 1970 elsewhere
 */
record ProcessIdentity(long pid, long startTime, Path executable) {
    private static final Path PROC = Path.of("/proc");
    private static final boolean HAS_PROC = Files.isReadable(Path.of("/proc/self/stat"));
    private static final String DELETED = " (deleted)";

    /** The process that has this pid now; empty when there is none, or when it is another user's. */
    static Optional<ProcessIdentity> of(long pid) {
        return HAS_PROC ? fromProc(pid) : ProcessHandle.of(pid).flatMap(ProcessIdentity::fromHandle);
    }

    /** Whether guard and identities rest on Linux's process table. */
    static boolean hasProc() {
        return HAS_PROC;
    }

    /** The start time of a process just started, in the unit of this class. */
    static Optional<Long> startTimeOf(long pid) {
        return HAS_PROC ? stat(pid).map(ProcStat::startTime) : of(pid).map(ProcessIdentity::startTime);
    }

    /** The arguments of the process, the program's own name first; empty when they cannot be read. */
    List<String> commandLine() {
        if (!HAS_PROC) {
            return ProcessHandle.of(pid)
                    .flatMap(handle -> handle.info().arguments())
                    .map(List::of)
                    .orElse(List.of());
        }
        try {
            return List.of(Files.readString(PROC.resolve(pid + "/cmdline")).split("\0", -1));
        } catch (IOException gone) {
            return List.of();
        }
    }

    /** Whether this very process still runs. */
    boolean isRunning() {
        return of(pid).filter(this::equals).isPresent();
    }

    /** Asks it to end, or makes it; only after having looked again that it is this very process. */
    void end(boolean forcibly) {
        if (isRunning()) {
            ProcessHandle.of(pid).ifPresent(handle -> {
                boolean ignored = forcibly ? handle.destroyForcibly() : handle.destroy();
            });
        }
    }

    /** The program that runs under this pid now, whose file may have been replaced since. */
    static Optional<Path> executableOf(long pid) {
        if (!HAS_PROC) {
            return ProcessHandle.of(pid)
                    .flatMap(handle -> handle.info().command())
                    .map(Path::of);
        }
        try {
            String target = Files.readSymbolicLink(PROC.resolve(pid + "/exe")).toString();
            return Optional.of(Path.of(
                    target.endsWith(DELETED) ? target.substring(0, target.length() - DELETED.length()) : target));
        } catch (IOException goneOrForeign) {
            return Optional.empty();
        }
    }

    private static Optional<ProcessIdentity> fromProc(long pid) {
        return executableOf(pid)
                .flatMap(path -> stat(pid)
                        .filter(found -> !found.ended())
                        .map(found -> new ProcessIdentity(pid, found.startTime(), path)));
    }

    private static Optional<ProcStat> stat(long pid) {
        try {
            return ProcStat.parse(
                    Files.readString(PROC.resolve(pid + "/stat"), java.nio.charset.StandardCharsets.ISO_8859_1));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    private static Optional<ProcessIdentity> fromHandle(ProcessHandle handle) {
        Optional<String> command = handle.info().command();
        Optional<Instant> start = handle.info().startInstant();
        return command.isPresent() && start.isPresent() && handle.isAlive()
                ? Optional.of(new ProcessIdentity(handle.pid(), start.get().toEpochMilli(), Path.of(command.get())))
                : Optional.empty();
    }
}
