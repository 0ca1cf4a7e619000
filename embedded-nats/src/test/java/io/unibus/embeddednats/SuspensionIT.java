package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server that is held down, or started again because it was asked for. */
class SuspensionIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration AT_ONCE = Duration.ofMillis(500);
    private static final RestartPolicy SLOW = new RestartPolicy(
            Duration.ofMinutes(1), Duration.ofMinutes(1), 0, 3, Duration.ofSeconds(30), Duration.ofSeconds(10));

    private final Scenario scenario = new Scenario();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    @Test
    void aSuspendedServerIsGoneAtOnceAndComesBack() throws InterruptedException {
        List<String> reasons = new CopyOnWriteArrayList<>();
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).listener((state, reason) -> {
                    scenario.states.add(state);
                    reasons.add(reason);
                }));
        server.start(Scenario.START_LIMIT);
        HostPort address = server.clientAddress();
        assertThat(server.readyFor()).isPresent();

        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(server.state()).isEqualTo(ServerState.SUSPENDED);
        assertThat(server.pid()).isEmpty();
        assertThat(server.readyFor()).isEmpty();
        assertThat(server.isAnswering()).isFalse();
        assertThat(scenario.servers()).isEmpty();
        assertThat(server.suspend("again", Duration.ZERO)).isTrue();

        server.resume();
        server.awaitReady(SOON);
        server.resume();
        assertThat(server.clientAddress()).isEqualTo(address);
        assertThat(server.restarts()).isOne();
        Scenario.await("the listener's last word", SOON, () -> reasons.size() == 5);
        assertThat(scenario.states)
                .containsExactly(
                        ServerState.STARTING,
                        ServerState.READY,
                        ServerState.SUSPENDED,
                        ServerState.STARTING,
                        ServerState.READY);
        assertThat(reasons).containsExactly("", "", "no quorum", "no quorum", "");
    }

    @Test
    void theDirectoriesOfASuspendedServerStayLocked() {
        NatsServer server = suspended();
        NatsServer second = scenario.build(
                Scenario.builder(scenario.binary, scenario.config().build(), scenario.data));
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> second.start(Scenario.START_LIMIT));
        assertThat(failure.reason()).isEqualTo(Reason.DIRECTORY_IN_USE);
        assertThat(server.state()).isEqualTo(ServerState.SUSPENDED);
    }

    /** SIGTERM would not reach it. */
    @Test
    void aChildThatHangsIsGoneAtOnce() throws Exception {
        NatsServer server = scenario.started();
        Scenario.signal("STOP", server.pid().orElseThrow());
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(scenario.servers()).isEmpty();
    }

    @Test
    void suspensionsAreNoFailures() {
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).restartPolicy(SLOW));
        server.start(Scenario.START_LIMIT);
        for (int time = 1; time <= SLOW.failuresInARow(); time++) {
            assertThat(server.suspend("time " + time, AT_ONCE)).isTrue();
            server.resume();
            server.awaitReady(SOON);
            assertThat(server.restarts()).isEqualTo(time);
        }
        assertThat(scenario.states).doesNotContain(ServerState.RESTARTING);
    }

    @Test
    void aSuspensionTakenBackAtOnceIsNoFailureEither() {
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).restartPolicy(SLOW));
        server.start(Scenario.START_LIMIT);
        for (int time = 0; time < SLOW.failuresInARow(); time++) {
            boolean ignored = server.suspend("for a moment", Duration.ZERO);
            server.resume();
            server.awaitReady(SOON);
        }
        assertThat(scenario.states).doesNotContain(ServerState.RESTARTING);
    }

    @Test
    void aServerCanBeSuspendedWhileItStarts() throws Exception {
        NatsServer server = scenario.build(scenario.builder(scenario.config().build()));
        Thread starter = new Thread(() -> server.start(Scenario.START_LIMIT), "starter");
        starter.start();
        Scenario.await("a child", SOON, () -> server.pid().isPresent());

        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(scenario.servers()).isEmpty();
        assertThat(starter.isAlive()).isTrue();
        server.resume();
        starter.join();
        assertThat(server.state()).isEqualTo(ServerState.READY);
    }

    @Test
    void aStartInSuspensionSaysWhyItIsOutOfTime() {
        NatsServer server = scenario.build(scenario.builder(scenario.config().build()));
        assertThat(server.suspend("not yet", AT_ONCE)).isTrue();
        NatsServerException failure = catchThrowableOfType(NatsServerException.class, () -> server.start(AT_ONCE));
        assertThat(failure.reason()).isEqualTo(Reason.TIMED_OUT);
        assertThat(failure).hasMessageContaining("it is suspended: not yet");
        assertThat(server.restarts()).isZero();
        assertThat(scenario.states).containsExactly(ServerState.STARTING, ServerState.SUSPENDED, ServerState.STOPPED);
    }

    @Test
    void aRestartThatIsWaitedForBecomesASuspension() throws Exception {
        NatsServer server = crashed();
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(server.state()).isEqualTo(ServerState.SUSPENDED);
        server.resume();
        server.awaitReady(SOON);
        assertThat(server.restarts()).isOne();
    }

    /** Whichever comes first. */
    @Test
    void aChildThatCrashesMeanwhileIsHeldDownAllTheSame() throws Exception {
        NatsServer server = scenario.started();
        Scenario.signal("KILL", server.pid().orElseThrow());
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(server.state()).isEqualTo(ServerState.SUSPENDED);
        assertThat(scenario.servers()).isEmpty();
    }

    @Test
    void aSuspendedServerCanBeStopped() {
        NatsServer server = suspended();
        server.stop();
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
        assertThat(server.suspend("late", Duration.ZERO)).isTrue();
        server.resume();
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
        NatsServer second = scenario.started();
        assertThat(second.state()).isEqualTo(ServerState.READY);
    }

    @Test
    void aSuspendedServerEndsWhenAStopIsExpected() throws Exception {
        NatsServer server = suspended();
        server.expectStop();
        Scenario.await("the end", SOON, () -> server.state() == ServerState.STOPPED);
        assertThat(server.restarts()).isZero();
    }

    @Test
    void aSuspensionInAnExpectedStopEndsTheServer() throws Exception {
        NatsServer server = scenario.started();
        server.expectStop();
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(scenario.servers()).isEmpty();
        server.resume();
        Scenario.await("the end", SOON, () -> server.state() == ServerState.STOPPED);
        assertThat(scenario.states)
                .containsExactly(ServerState.STARTING, ServerState.READY, ServerState.STOPPING, ServerState.STOPPED);
    }

    @Test
    void aRestartEndsTheChildWithTimeToFinishAndStartsAnother() throws Exception {
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).restartPolicy(SLOW));
        server.start(Scenario.START_LIMIT);
        for (int time = 1; time <= SLOW.failuresInARow(); time++) {
            long before = server.pid().orElseThrow();
            server.restart("full disk");
            server.awaitReady(SOON);
            assertThat(server.pid().orElseThrow()).isNotEqualTo(before);
            assertThat(server.restarts()).isEqualTo(time);
        }
        assertThat(scenario.states).containsOnly(ServerState.STARTING, ServerState.READY);
        assertThat(scenario.servers()).hasSize(1);
    }

    @Test
    void aRestartCutsTheWaitAfterAFailureShort() throws Exception {
        NatsServer server = crashed();
        server.restart("someone asks");
        server.awaitReady(SOON);
        assertThat(server.restarts()).isOne();
    }

    @Test
    void aRestartChangesNothingInASuspension() {
        NatsServer server = suspended();
        server.restart("full disk");
        server.resume();
        server.awaitReady(SOON);
        assertThat(server.restarts()).isOne();
    }

    @Test
    void aStopDuringARestartKeepsItsLimit() throws Exception {
        NatsServer server = scenario.started();
        Scenario.signal("STOP", server.pid().orElseThrow());
        server.restart("it hangs");
        Scenario.await("the restart", SOON, () -> server.state() == ServerState.STARTING);
        long start = System.nanoTime();
        server.stop(Duration.ofMillis(1200));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        assertThat(server.state()).isEqualTo(ServerState.STOPPED);
        assertThat(server.restarts()).isZero();
    }

    @Test
    void aSuspensionDuringARestartDoesNotWaitForIt() throws Exception {
        NatsServer server = scenario.started();
        Scenario.signal("STOP", server.pid().orElseThrow());
        server.restart("it hangs");
        Scenario.await("the restart", SOON, () -> server.state() == ServerState.STARTING);
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(server.state()).isEqualTo(ServerState.SUSPENDED);
        assertThat(scenario.servers()).isEmpty();
    }

    @Test
    void aServerInAClusterHandsOverBeforeARestartAndNotBeforeASuspension() throws Exception {
        HostPort address = Scenario.freeAddress();
        Cluster cluster = new Cluster("test", address, List.of(address), Optional.empty());
        NatsServer server = scenario.build(
                scenario.builder(scenario.config().cluster(cluster).build()));
        server.start(Scenario.START_LIMIT);
        var log = scenario.capture();

        server.restart("full disk");
        server.awaitReady(SOON);
        assertThat(List.copyOf(log.list)).anyMatch(event -> event.getMessage().contains("lame duck"));
        log.list.clear();
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        assertThat(List.copyOf(log.list)).noneMatch(event -> event.getMessage().contains("lame duck"));
    }

    private NatsServer suspended() {
        NatsServer server = scenario.started();
        assertThat(server.suspend("no quorum", AT_ONCE)).isTrue();
        return server;
    }

    /** One that waits for a minute after its child was killed. */
    private NatsServer crashed() throws Exception {
        NatsServer server =
                scenario.build(scenario.builder(scenario.config().build()).restartPolicy(SLOW));
        server.start(Scenario.START_LIMIT);
        Scenario.signal("KILL", server.pid().orElseThrow());
        Scenario.await("the failure", SOON, () -> server.state() == ServerState.RESTARTING);
        return server;
    }
}
