package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The guard with children of its own, without a server. */
class GuardIT {
    private static final Duration SOON = Duration.ofSeconds(5);

    private final Scenario scenario = new Scenario();
    private final Guard guard = scenario.closing(new Guard(Launchers.found(), scenario.root.resolve("conf")));

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void endsItsChildThatIgnoresBeingAsked() throws Exception {
        Process child = scenario.ending(
                new ProcessBuilder("/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.05; done").start());
        guard.start();
        guard.watch(ProcessIdentity.of(child.pid()).orElseThrow());
        guard.close();
        Scenario.await("the end of the child", SOON, () -> !child.isAlive());
        assertThat(child.exitValue()).isEqualTo(128 + 9);
    }

    @Test
    void leavesAProcessAloneThatHasThePidButAnotherStartTime() throws Exception {
        Process foreign = scenario.ending(new ProcessBuilder("/bin/sleep", "60").start());
        ProcessIdentity identity = ProcessIdentity.of(foreign.pid()).orElseThrow();
        guard.start();
        guard.watch(new ProcessIdentity(identity.pid(), identity.startTime() - 1, identity.executable()));
        guard.close();
        assertThat(foreign.isAlive()).isTrue();
    }

    @Test
    void leavesAProcessAloneThatRunsAnotherProgram() throws Exception {
        Process foreign = scenario.ending(new ProcessBuilder("/bin/sleep", "60").start());
        ProcessIdentity identity = ProcessIdentity.of(foreign.pid()).orElseThrow();
        guard.start();
        guard.watch(new ProcessIdentity(identity.pid(), identity.startTime(), Path.of("/opt/nats-server")));
        guard.close();
        assertThat(foreign.isAlive()).isTrue();
    }

    @Test
    void anotherGuardTakesOverWhenTheGuardIsKilled() throws Exception {
        Process child = scenario.ending(new ProcessBuilder("/bin/sleep", "60").start());
        guard.start();
        guard.watch(ProcessIdentity.of(child.pid()).orElseThrow());
        long first = guard.pid();
        Scenario.signal("KILL", first);
        Scenario.await("another guard", SOON, () -> guard.pid() != 0 && guard.pid() != first);
        guard.close();
        Scenario.await("the end of the child", SOON, () -> !child.isAlive());
    }

    @Test
    void signalsOfATerminalDoNotEndIt() throws Exception {
        guard.start();
        long pid = guard.pid();
        Scenario.await("its traps", SOON, () -> ignores(pid));
        for (String signal : new String[] {"INT", "HUP", "QUIT", "TERM"}) {
            Scenario.signal(signal, pid);
        }
        assertThat(ProcessHandle.of(pid)).get().matches(ProcessHandle::isAlive);
    }

    /** Only the JVM may hold the pipe's end that is written to, or its closing would say nothing. */
    @Test
    void theServerInheritsNothingButItsOutput() throws Exception {
        NatsServer server = scenario.started();
        try (Stream<Path> descriptors =
                Files.list(Path.of("/proc/" + server.pid().orElseThrow() + "/fd"))) {
            assertThat(descriptors.filter(GuardIT::isPipe)).hasSize(2);
        }
    }

    private static boolean ignores(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith("SigIgn:"))
                    .anyMatch(line -> (Long.parseLong(line.substring(7).strip(), 16) & (1 << 14)) != 0);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isPipe(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("pipe:");
        } catch (IOException closed) {
            return false;
        }
    }
}
