package io.unibus.store.sqlite;

import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.RoomId;
import io.unibus.store.StoreFixtures;
import io.unibus.store.StoreInvariants;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The store under real processes: killed ones, several at once, and one that may not write large files. */
@Timeout(180)
final class SqliteProcessesIT {
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final int KILLS = 8;
    private static final int ENDLESS = 1_000_000;

    @TempDir
    private Path directory;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void endProcesses() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void everyAcknowledgedWriteOutlivesKillMinusNine() throws Exception {
        long seed = System.nanoTime();
        System.out.println("SqliteProcessesIT: kills with seed " + seed);
        Random random = new Random(seed);
        int first = 1;
        List<Integer> firsts = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            Process writer = start(WriterProcess.class, Integer.toString(first), Integer.toString(ENDLESS));
            List<String> lines = readAndKill(writer, 1 + random.nextInt(60));
            int next = first
                    + (int) lines.stream()
                            .filter(line -> line.startsWith("user "))
                            .count()
                    + 1;
            firsts.add(first);
            assertEverythingIsThere(lines, firsts, next);
            first = next;
        }
        assertThat(filesIn(directory.resolve("lib"))).hasSize(1);
    }

    @Test
    void severalProcessesWriteAtTheSameTime() throws Exception {
        int each = 40;
        try (SqliteStore store = SqliteStore.open(directory.resolve("unibus.db"), PATIENT)) {
            Process one = start(WriterProcess.class, "1000", Integer.toString(each));
            Process other = start(WriterProcess.class, "2000", Integer.toString(each));
            for (int number = 1; number <= each; number++) {
                done(store.addUser(member(endpoint(number))));
            }
            assertThat(readAll(one)).contains("closed").noneMatch(line -> line.startsWith("refused"));
            assertThat(readAll(other)).contains("closed").noneMatch(line -> line.startsWith("refused"));
            assertThat(store.users()).hasSize(3 * each);
            assertInvariants(store, List.of(1000, 2000), 2000 + each);
        }
    }

    /** The limit makes the write-ahead log fail inside COMMIT, with an I/O error that leaves its outcome open. */
    @Test
    void failedCommitIsKnownNotToHaveHappenedAndStaysAway() throws Exception {
        startUnderFileLimit(2 << 20, BigWriterProcess.class);
        List<String> lines = readAll(processes.get(0));
        assertThat(lines).hasSizeGreaterThan(2).endsWith("small");
        String failed = lines.get(lines.size() - 2);
        assertThat(failed).startsWith("failed room-").endsWith("StoreUnusableException");
        try (SqliteStore store = SqliteStore.open(directory.resolve("unibus.db"), PATIENT)) {
            List<RoomId> rooms = IntStream.range(0, lines.size() - 1)
                    .mapToObj(i -> new RoomId("room-" + i))
                    .toList();
            for (RoomId room : rooms) {
                int members = lines.contains("written " + room) ? 100 : 1;
                assertThat(store.findRoom(room).orElseThrow().members())
                        .as("%s", room)
                        .hasSize(members);
            }
            assertThat(store.hasAdmin()).isTrue();
            List<Endpoint> endpoints =
                    IntStream.range(0, 100).mapToObj(StoreFixtures::endpoint).toList();
            new StoreInvariants(store, rooms, endpoints).check();
        }
    }

    private void assertEverythingIsThere(List<String> lines, List<Integer> firsts, int next) {
        try (SqliteStore store = SqliteStore.open(directory.resolve("unibus.db"), PATIENT)) {
            long epoch = 0;
            for (String line : lines) {
                if (line.startsWith("user ")) {
                    int number = Integer.parseInt(line.substring("user ".length()));
                    assertThat(store.findUser(endpoint(number))).as(line).isPresent();
                } else if (line.startsWith("epoch ")) {
                    epoch = Long.parseLong(line.substring("epoch ".length()));
                }
            }
            if (epoch > 0) {
                assertThat(store.findRoom(WriterProcess.room(firsts.get(firsts.size() - 1)))
                                .orElseThrow()
                                .room()
                                .epoch()
                                .number())
                        .isGreaterThanOrEqualTo(epoch);
            }
            assertInvariants(store, firsts, next);
        }
    }

    private static void assertInvariants(SqliteStore store, List<Integer> firsts, int next) {
        List<RoomId> rooms = firsts.stream().map(WriterProcess::room).toList();
        List<Endpoint> endpoints = new ArrayList<>(List.of(endpoint(0)));
        firsts.forEach(first -> IntStream.rangeClosed(first, Math.min(next, first + 200))
                .mapToObj(StoreFixtures::endpoint)
                .forEach(endpoints::add));
        new StoreInvariants(store, rooms, endpoints).check();
    }

    private Process start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(java(main));
        command.addAll(List.of(arguments));
        return start(command);
    }

    private void startUnderFileLimit(int bytes, Class<?> main) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "ulimit -f " + bytes / 1024 + "; exec \"$@\"", "limited"));
        command.addAll(java(main));
        start(command);
    }

    private List<String> java(Class<?> main) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("java.class.path");
        return List.of(java, "-Xshare:auto", "-Xmx128m", "-cp", classPath, main.getName(), directory.toString());
    }

    private Process start(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(new File(directory.toFile(), "stderr-" + processes.size()))
                .start();
        processes.add(process);
        return process;
    }

    /** Kills the process after it printed so many lines; returns all that it printed in the end. */
    private List<String> readAndKill(Process process, int lines) throws IOException, InterruptedException {
        List<String> read = new ArrayList<>();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                read.add(line);
                if (read.size() == lines) {
                    process.toHandle().destroyForcibly(); // unlike that of Process, keeps its output readable
                }
            }
        }
        process.waitFor();
        assertThat(read).as(errors()).hasSizeGreaterThanOrEqualTo(lines);
        return read;
    }

    private List<String> readAll(Process process) throws IOException, InterruptedException {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines = reader.lines().toList();
            assertThat(process.waitFor()).as(errors()).isZero();
            return lines;
        }
    }

    private String errors() throws IOException {
        StringBuilder errors = new StringBuilder();
        for (Path file : filesIn(directory)) {
            if (file.getFileName().toString().startsWith("stderr-")) {
                errors.append(Files.readString(file));
            }
        }
        return errors.toString();
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}
