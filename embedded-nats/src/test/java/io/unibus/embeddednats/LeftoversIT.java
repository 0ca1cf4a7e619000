package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A start ends the servers of an earlier run, and touches nobody else. */
class LeftoversIT {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Scenario scenario = new Scenario();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void aLeftoverServerIsEndedBeforeTheStart() throws Exception {
        Process leftover = leftover(scenario.binary.executable());
        NatsServer server = scenario.started();
        assertEnded(leftover);
        assertThat(scenario.servers()).hasSize(1);
        assertThat(server.restarts()).isZero();
    }

    @Test
    void aStoppedLeftoverIsKilled() throws Exception {
        Process leftover = leftover(scenario.binary.executable());
        Scenario.signal("STOP", leftover.pid());
        scenario.started();
        assertEnded(leftover);
    }

    @Test
    void aLeftoverWhoseProgramWasReplacedIsFound() throws Exception {
        Process leftover = leftover(scenario.binary.executable());
        Files.delete(scenario.binary.executable());
        NatsBinary.bundled().installInto(scenario.bin);
        scenario.started();
        assertEnded(leftover);
    }

    /** It has ended; Java, which collects its children in a thread of its own, hears of it a moment later. */
    private static void assertEnded(Process process) throws InterruptedException {
        assertThat(process.waitFor(1, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aForeignProcessUnderTheRecordedPidIsLeftAlone() throws Exception {
        Process foreign = scenario.ending(new ProcessBuilder("/bin/sleep", "60").start());
        Files.createDirectories(scenario.data);
        Files.writeString(scenario.data.resolve("nats-server.pid"), Long.toString(foreign.pid()));
        scenario.started();
        assertThat(foreign.isAlive()).isTrue();
    }

    @Test
    void aServerOfAnotherDirectoryIsLeftAlone() throws Exception {
        Path elsewhere =
                Files.createDirectories(scenario.root.resolve("elsewhere")).resolve("nats-server");
        Files.copy(scenario.binary.executable(), elsewhere);
        Process foreign = leftover(elsewhere);
        scenario.started();
        assertThat(foreign.isAlive()).isTrue();
    }

    @Test
    void aServerWithAnotherConfigurationIsLeftAlone() throws Exception {
        Process other = start(scenario.binary.executable(), scenario.root.resolve("other.conf"));
        scenario.started();
        assertThat(other.isAlive()).isTrue();
    }

    /** A server on the configuration file of the scenario that no supervisor looks after. */
    private Process leftover(Path program) throws IOException, InterruptedException {
        return start(program, PrivateFiles.directory(scenario.data).resolve("nats-server.conf"));
    }

    private Process start(Path program, Path config) throws IOException, InterruptedException {
        Path ports = Files.createDirectories(scenario.root.resolve("ports"));
        Files.writeString(config, """
                port: -1
                host: "127.0.0.1"
                ports_file_dir: "%s"
                """.formatted(ports));
        Process process = scenario.ending(new ProcessBuilder(program.toString(), "-c", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start());
        Path file = ports.resolve("nats-server_" + process.pid() + ".ports");
        Scenario.await("its start", SOON, () -> Files.exists(file));
        return process;
    }
}
