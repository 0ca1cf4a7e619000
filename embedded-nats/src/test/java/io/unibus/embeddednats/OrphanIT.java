package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a JVM ends, its server is gone within a second. */
class OrphanIT {
    private static final Duration GONE_WITHIN = Duration.ofSeconds(1);
    private static final int ROUNDS = 10;

    private final Scenario scenario = new Scenario();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"setpriv", "no setpriv"})
    void aKilledJvmLeavesNoServerWheneverItIsKilled(String setpriv) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            Jvm jvm = start(setpriv);
            jvm.awaitLine("starting");
            Thread.sleep(random.nextInt(round % 2 == 0 ? 60 : 250)); // the moment is what is tried out
            jvm.kill();
            noServerIsLeft();
        }
    }

    /** A server that ends in order takes its ports file along; in a cluster it has handed over what it led. */
    @ParameterizedTest
    @ValueSource(strings = {"setpriv", "no setpriv"})
    void theServerOfAKilledJvmEndsInOrder(String setpriv) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Jvm jvm = start(setpriv);
            jvm.awaitLine("ready");
            assertThat(portsFiles()).hasSize(1);
            jvm.kill();
            noServerIsLeft();
            assertThat(portsFiles()).as("round %d", round).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"setpriv", "no setpriv"})
    void aStoppedChildOfAKilledJvmIsGoneToo(String setpriv) throws Exception {
        Jvm jvm = start(setpriv);
        jvm.awaitLine("ready");
        Scenario.signal("STOP", theServer().pid());
        jvm.kill();
        noServerIsLeft();
    }

    @Test
    void theKernelEndsTheChildWhenTheGuardCannot() throws Exception {
        Jvm jvm = start("setpriv");
        jvm.awaitLine("ready");
        long guard = scenario.traces().stream()
                .filter(process -> process.info().commandLine().orElse("").contains("nats-server-guard"))
                .findFirst()
                .orElseThrow()
                .pid();
        Scenario.signal("STOP", guard);
        jvm.kill();
        Scenario.await(
                "the end of the server", GONE_WITHIN, () -> scenario.servers().isEmpty());
        Scenario.signal("CONT", guard);
        noServerIsLeft();
    }

    @Test
    void killingTheWholeProcessGroupLeavesNoServer() throws Exception {
        Jvm jvm = start("no setpriv", "/usr/bin/setsid");
        jvm.awaitLine("ready");
        Scenario.signal("STOP", theServer().pid());
        Scenario.signalGroup("KILL", jvm.process.pid());
        noServerIsLeft();
    }

    /** As Ctrl-C does; with SIGTERM, since a build in the background is often deaf to SIGINT. */
    @Test
    void aSignalToTheProcessGroupIsAPlannedStop() throws Exception {
        Jvm jvm = start("setpriv", "/usr/bin/setsid");
        jvm.awaitLine("ready");
        Scenario.signalGroup("TERM", jvm.process.pid());
        assertThat(jvm.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(jvm.process.exitValue()).isEqualTo(143);
        noServerIsLeft();
        assertThat(jvm.rest()).noneMatch(line -> line.contains("restarting") || line.contains("ERROR"));
        assertThat(scenario.data.resolve("nats-server.pid")).doesNotExist();
    }

    @Test
    void theNextStartFindsAllInOrder() throws Exception {
        Jvm jvm = start("setpriv");
        jvm.awaitLine("ready");
        jvm.kill();
        NatsServer server = scenario.started();
        assertThat(scenario.servers()).hasSize(1);
        assertThat(server.restarts()).isZero();
    }

    private ProcessIdentity theServer() {
        assertThat(scenario.servers()).hasSize(1);
        return scenario.servers().get(0);
    }

    /** Neither a server nor anything that could yet become one. */
    private void noServerIsLeft() throws InterruptedException {
        long start = System.nanoTime();
        Scenario.await(
                "the end of the server", GONE_WITHIN, () -> scenario.servers().isEmpty());
        System.out.println("gone after " + (System.nanoTime() - start) / 1_000_000 + " ms");
        Scenario.await(
                "the end of the guard",
                Duration.ofSeconds(5),
                () -> scenario.traces().isEmpty());
        assertThat(scenario.servers()).isEmpty();
    }

    private List<Path> portsFiles() throws IOException {
        try (Stream<Path> files = Files.list(new RunDirectory(scenario.data).portsDirectory())) {
            return files.toList();
        }
    }

    private Jvm start(String setpriv, String... before) throws IOException {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                OrphanMain.class.getName(),
                scenario.bin.toString(),
                scenario.data.toString(),
                setpriv));
        return new Jvm(scenario.ending(
                new ProcessBuilder(command).redirectErrorStream(true).start()));
    }

    private static final class Jvm {
        final Process process;
        private final BufferedReader output;

        Jvm(Process process) {
            this.process = process;
            this.output = process.inputReader();
        }

        void awaitLine(String expected) throws IOException {
            String line = output.readLine();
            while (line != null && !line.equals(expected)) {
                line = output.readLine();
            }
            assertThat(line).isEqualTo(expected);
        }

        List<String> rest() {
            return output.lines().toList();
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            process.waitFor();
        }
    }
}
