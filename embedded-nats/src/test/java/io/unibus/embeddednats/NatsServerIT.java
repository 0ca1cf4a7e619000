package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of one server: ready, killed, stopped, refused. */
class NatsServerIT {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Scenario scenario = new Scenario();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void isReadyAndStopsAndLeavesNothing() throws Exception {
        NatsServer server = scenario.started();

        assertThat(server.state()).isEqualTo(ServerState.READY);
        assertThat(server.clientAddress().host()).isEqualTo("127.0.0.1");
        assertThat(server.clientAddress().port()).isPositive();
        assertThat(server.monitoringAddress()).isEmpty();
        assertThat(scenario.servers()).hasSize(1);
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(scenario.data.resolve("nats-server.conf"))))
                .isEqualTo("rw-------");

        server.stop();

        assertThat(scenario.servers()).isEmpty();
        assertThat(server.pid()).isEmpty();
        assertThat(scenario.states)
                .containsExactly(ServerState.STARTING, ServerState.READY, ServerState.STOPPING, ServerState.STOPPED);
        try (Stream<Path> files = Files.list(scenario.data.resolve("nats-server.ports"))) {
            assertThat(files).isEmpty();
        }
        assertThat(scenario.data.resolve("nats-server.pid")).doesNotExist();
        server.stop();
        server.close();
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
    }

    @Test
    void aKilledChildIsStartedAgainOnTheSamePort() throws Exception {
        NatsServer server = scenario.started();
        HostPort address = server.clientAddress();
        long first = server.pid().orElseThrow();

        Scenario.signal("KILL", first);
        Scenario.await("a restart", SOON, () -> server.restarts() == 1 && server.state() == ServerState.READY);

        assertThat(server.pid().orElseThrow()).isNotEqualTo(first);
        assertThat(server.clientAddress()).isEqualTo(address);
        assertThat(scenario.servers()).hasSize(1);
    }

    @Test
    void givesUpAfterFiveQuickKills() throws Exception {
        NatsServer server = scenario.started();
        for (int kill = 0; kill < 5; kill++) {
            int restarts = kill;
            Scenario.await(
                    "start " + kill, SOON, () -> server.restarts() == restarts && server.state() == ServerState.READY);
            Scenario.signal("KILL", server.pid().orElseThrow());
        }
        Scenario.await("the end", SOON, () -> server.state() == ServerState.FAILED);

        NatsServerException failure = catchThrowableOfType(NatsServerException.class, () -> server.awaitReady(SOON));
        assertThat(failure.reason()).isEqualTo(Reason.GAVE_UP);
        assertThat(failure).hasMessageContaining("5 failures").hasMessageContaining("signal 9 (KILL)");
        assertThat(failure.lastOutput()).anyMatch(line -> line.contains("Server is ready"));
        assertThat(scenario.servers()).isEmpty();
        server.stop();
        assertThat(server.state()).isEqualTo(ServerState.FAILED);
    }

    @Test
    void anAddressInUseIsSaidAtOnce() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HostPort address = new HostPort("127.0.0.1", taken.getLocalPort());
            NatsServer server = scenario.build(
                    scenario.builder(scenario.config().clients(address).build()));
            long start = System.nanoTime();
            NatsServerException failure =
                    catchThrowableOfType(NatsServerException.class, () -> server.start(Scenario.START_LIMIT));

            assertThat(failure.reason()).isEqualTo(Reason.ADDRESS_IN_USE);
            assertThat(failure).hasMessageStartingWith(address + " is in use by another process");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            assertThat(server.restarts()).isZero();
            assertThat(server.state()).isEqualTo(ServerState.FAILED);
        }
    }

    @Test
    void anAddressOfTheClusterInUseIsSaidAtOnce() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HostPort address = new HostPort("127.0.0.1", taken.getLocalPort());
            Cluster cluster = new Cluster("test", address, List.of(address), Optional.empty());
            NatsServer server = scenario.build(
                    scenario.builder(scenario.config().cluster(cluster).build()));
            NatsServerException failure =
                    catchThrowableOfType(NatsServerException.class, () -> server.start(Scenario.START_LIMIT));
            assertThat(failure.reason()).isEqualTo(Reason.ADDRESS_IN_USE);
            assertThat(failure).hasMessageStartingWith(address + " is in use");
        }
    }

    @Test
    void aChildThatDoesNotBecomeReadyIsEndedAndCountsAsAFailure() {
        NatsServer server = scenario.build(scenario.builder(scenario.config().build())
                .restartPolicy(new RestartPolicy(
                        Duration.ofMillis(1),
                        Duration.ofMillis(1),
                        0,
                        2,
                        Duration.ofSeconds(30),
                        Duration.ofMillis(1))));
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> server.start(Scenario.START_LIMIT));
        assertThat(failure.reason()).isEqualTo(Reason.GAVE_UP);
        assertThat(failure).hasMessageContaining("was not ready within 1 ms");
        assertThat(scenario.servers()).isEmpty();
    }

    @Test
    void aStartThatIsOutOfTimeLeavesNothing() {
        NatsServer server = scenario.build(scenario.builder(scenario.config().build()));
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> server.start(Duration.ofMillis(1)));
        assertThat(failure.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
        assertThat(scenario.servers()).isEmpty();
    }

    @Test
    void aStoppedChildIsKilledWithinTheLimitOfTheStop() throws Exception {
        NatsServer server = scenario.started();
        Scenario.signal("STOP", server.pid().orElseThrow());
        long start = System.nanoTime();
        server.stop(Duration.ofSeconds(2));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
        assertThat(scenario.servers()).isEmpty();
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
    }

    @Test
    void aChildThatEndsWhileAStopIsExpectedStaysEnded() throws Exception {
        NatsServer server = scenario.started();
        server.expectStop();
        server.expectStop();
        assertThat(server.state()).isEqualTo(ServerState.READY);

        Scenario.signal("TERM", server.pid().orElseThrow());
        Scenario.await("the end", SOON, () -> server.state() == ServerState.STOPPED);

        assertThat(server.restarts()).isZero();
        assertThat(scenario.servers()).isEmpty();
        assertThat(scenario.states)
                .containsExactly(ServerState.STARTING, ServerState.READY, ServerState.STOPPING, ServerState.STOPPED);
        server.stop();
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
    }

    @Test
    void aLivingChildIsStoppedAfterAStopWasExpected() throws Exception {
        NatsServer server = scenario.started();
        server.expectStop();
        server.awaitReady(SOON);
        server.stop();
        assertThat(scenario.servers()).isEmpty();
        assertThat(scenario.states)
                .containsExactly(ServerState.STARTING, ServerState.READY, ServerState.STOPPING, ServerState.STOPPED);
    }

    @Test
    void aRestartThatIsWaitedForIsGivenUpWhenAStopIsExpected() throws Exception {
        RestartPolicy slow = new RestartPolicy(
                Duration.ofMinutes(1), Duration.ofMinutes(1), 0, 5, Duration.ofSeconds(30), Duration.ofSeconds(10));
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).restartPolicy(slow));
        server.start(Scenario.START_LIMIT);
        Scenario.signal("KILL", server.pid().orElseThrow());
        Scenario.await("the failure", SOON, () -> server.state() == ServerState.RESTARTING);

        server.expectStop();

        Scenario.await("the end", SOON, () -> server.state() == ServerState.STOPPED);
        assertThat(server.restarts()).isZero();
    }

    @Test
    void nothingIsStartedOnceAStopIsExpected() {
        NatsServer server = scenario.build(scenario.builder(scenario.config().build()));
        server.expectStop();
        assertThatIllegalStateException().isThrownBy(() -> server.start(Scenario.START_LIMIT));
    }

    @Test
    void aChildThatHangsDoesNotAnswerUntilItGoesOn() throws Exception {
        NatsServer server = scenario.started();
        long child = server.pid().orElseThrow();
        assertThat(server.isAnswering()).isTrue();

        Scenario.signal("STOP", child);
        Scenario.await("the silence to be noticed", SOON, () -> !server.isAnswering());
        assertThat(server.state()).isEqualTo(ServerState.READY);
        Scenario.signal("CONT", child);
        Scenario.await("the answer to be noticed", SOON, server::isAnswering);

        assertThat(server.pid()).hasValue(child);
        assertThat(server.restarts()).isZero();
        server.stop();
        assertThat(server.isAnswering()).isFalse();
    }

    @Test
    void aDirectoryIsFreeAgainWhenFilesCouldNotBeRemoved() throws Exception {
        NatsServer first = scenario.started();
        Path obstacle = Files.createDirectories(scenario.data.resolve("nats-server.ports/x.ports/y"));
        first.stop();
        Files.delete(obstacle);
        Files.delete(scenario.data.resolve("nats-server.ports/x.ports"));

        NatsServer second = scenario.started();
        assertThat(second.state()).isEqualTo(ServerState.READY);
    }

    @Test
    void lockFilesAreTheirOwnersOnly() throws IOException {
        NatsServer server = scenario.started();
        assertThat(server.state()).isEqualTo(ServerState.READY);
        for (Path directory : List.of(scenario.data, scenario.data.resolve("jetstream"))) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(directory.resolve(RunDirectory.LOCK_NAME))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void anUnderstoodRefusalOfTheLoginIsSaidAtOnce() {
        NatsServer server = scenario.build(
                scenario.builder(scenario.config().build()).probeLogin(ProbeLogin.password("app", Secret.of("wrong"))));
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> server.start(Scenario.START_LIMIT));
        assertThat(failure.reason()).isEqualTo(Reason.CONFIGURATION_REFUSED);
    }

    @Test
    void aSecondServerOnTheDirectoryIsRefused() throws IOException {
        NatsServer first = scenario.started();
        NatsServer second = scenario.build(scenario.builder(scenario.config().build()));
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> second.start(Scenario.START_LIMIT));
        assertThat(failure.reason()).isEqualTo(Reason.DIRECTORY_IN_USE);
        assertThat(first.state()).isEqualTo(ServerState.READY);
    }
}
