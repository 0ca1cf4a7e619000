package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RosterTest {
    private final FakeTime time = new FakeTime();
    private final Roster roster =
            new Roster("n1", "i1", "1.0", "soft", () -> time.timing().nanoTime().getAsLong());

    private void hear(String name, String instance, String version, Duration clockOffset) {
        Instant now = time.instant();
        roster.heard(
                new Heartbeat(name, instance, version, 3, now.plus(clockOffset), "http://h", "S", "soft", now), now);
    }

    private void hear(String name, String instance) {
        hear(name, instance, "1.0", Duration.ZERO);
    }

    @Test
    void aNodeIsAliveForThreeSeconds() {
        hear("n2", "a");
        assertThat(roster.alive()).extracting(Heartbeat::name).containsExactly("n2");

        time.pass(Duration.ofSeconds(3));
        assertThat(roster.alive()).isEmpty();
    }

    @Test
    void ownHeartbeatsDoNotCount() {
        hear("n1", "i1");
        assertThat(roster.alive()).isEmpty();
        assertThat(roster.problems()).isEmpty();
    }

    @Test
    void anotherInstanceOfTheOwnNameIsAProblem() {
        hear("n1", "other");
        assertThat(roster.problems().values())
                .containsExactly("another node is also named n1 (http://h); names are unique in a cluster (--name)");
    }

    @Test
    void twoOthersOfOneNameAreAProblemOnlyWhenBothGoOn() {
        hear("n2", "a");
        time.pass(Duration.ofMillis(500));
        hear("n2", "b");
        assertThat(roster.problems()).as("a restart").isEmpty();

        time.pass(Duration.ofMillis(500));
        hear("n2", "a");
        assertThat(roster.problems().values()).containsExactly("two nodes are named n2 (--name)");
    }

    @Test
    void aWrongClockIsAProblemFromItsThirdHeartbeatOn() {
        hear("n2", "a", "1.0", Duration.ofSeconds(-95));
        hear("n2", "a", "1.0", Duration.ofSeconds(-95));
        assertThat(roster.problems()).isEmpty();

        hear("n2", "a", "1.0", Duration.ofSeconds(-95));
        assertThat(roster.problems().values())
                .containsExactly(
                        "the clock of node n2 is 95 s behind this node's; signed requests are refused at 30 s");
    }

    @Test
    void oneLateHeartbeatIsNoWrongClock() {
        hear("n2", "a");
        hear("n2", "a", "1.0", Duration.ofSeconds(-40));
        hear("n2", "a");
        assertThat(roster.problems()).isEmpty();
    }

    @Test
    void anotherVersionIsAProblem() {
        hear("n2", "a", "2.0", Duration.ZERO);
        assertThat(roster.problems().values()).containsExactly("node n2 has version 2.0, this one 1.0");
    }

    @Test
    void anotherModeOfAuthenticationIsAProblem() {
        Instant now = time.instant();
        roster.heard(new Heartbeat("n2", "a", "1.0", 3, now, "http://h", "S", "off", now), now);
        assertThat(roster.problems().values())
                .containsExactly(
                        "node n2 has bus-auth off, this one soft: the cluster is as open as its most open node");
    }

    @Test
    void aHeartbeatIsReadAsItWasWritten() {
        Instant now = Instant.parse("2026-01-02T03:04:05.678Z");
        Heartbeat heartbeat = new Heartbeat("n", "i", "v", 5, now, "http://h:1", "", "soft", now);
        assertThat(Heartbeat.parse(heartbeat.toJson())).contains(heartbeat);
        assertThat(Heartbeat.parse("{\"name\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEmpty();
    }
}
