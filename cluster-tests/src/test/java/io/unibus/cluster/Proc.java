package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A process as {@code /proc} shows it, told from a later one of the same pid by its start time. Zombies are not seen:
 * they run nothing and hold nothing.
 */
record Proc(long pid, long startTime, Path executable, String commandLine) {
    private static final int START_TIME = 19; // of the fields after the command's name; proc(5) calls it 22
    private static final String LISTEN = "0A";
    private static final Path SELF = Path.of("/proc/self");

    static Optional<Proc> of(long pid) {
        Path directory = Path.of("/proc", Long.toString(pid));
        try {
            String stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            String command = new String(Files.readAllBytes(directory.resolve("cmdline")), StandardCharsets.UTF_8);
            return Optional.of(new Proc(
                    pid,
                    Long.parseLong(fields[START_TIME]),
                    Files.readSymbolicLink(directory.resolve("exe")),
                    command.replace('\0', ' ').strip()));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /** Every process but this one whose program or command line lies in that directory. */
    static List<Proc> touching(Path directory) {
        return all(proc -> proc.executable().startsWith(directory)
                || proc.commandLine().contains(directory.toString() + "/")
                || proc.commandLine().endsWith(directory.toString())
                || proc.commandLine().contains(directory + " "));
    }

    /** The servers that run from that data directory. */
    static List<Proc> serversOf(Path dataDirectory) {
        Path programs = dataDirectory.resolve("bin");
        return all(proc -> proc.executable().startsWith(programs));
    }

    private static List<Proc> all(Predicate<Proc> condition) {
        List<Proc> found = new ArrayList<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            String self = Files.readSymbolicLink(SELF).toString();
            for (Path directory : directories) {
                String pid = directory.getFileName().toString();
                if (!pid.equals(self)) {
                    of(Long.parseLong(pid)).filter(condition).ifPresent(found::add);
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return found;
    }

    boolean isRunning() {
        return of(pid).filter(now -> now.startTime() == startTime).isPresent();
    }

    /** Where it accepts TCP connections, in the kernel's form: address and port in hexadecimal. */
    List<String> listeningAddresses() {
        Set<String> sockets = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : files) {
                sockets.add(Files.readSymbolicLink(file).toString());
            }
            List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/net/tcp")));
            lines.addAll(Files.readAllLines(Path.of("/proc/net/tcp6")));
            return lines.stream()
                    .map(line -> line.strip().split("\\s+", -1))
                    .filter(row -> row[3].equals(LISTEN) && sockets.contains("socket:[" + row[9] + "]"))
                    .map(row -> row[1])
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** SIGKILL, for a process that the caller started or that works in a directory of the caller's. */
    void kill() {
        if (isRunning()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** SIGSTOP, under the same condition as {@link #kill}. */
    void pause() {
        signal("STOP");
    }

    /** SIGTERM. */
    void terminate() {
        signal("TERM");
    }

    /** SIGCONT. */
    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        assertThat(isRunning()).isTrue();
        try {
            int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                    .inheritIO()
                    .start()
                    .waitFor();
            assertThat(code).isZero();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
