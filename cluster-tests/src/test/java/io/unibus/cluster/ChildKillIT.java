package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The nats-server child dies: the node brings up another, and gives up when that does not help. */
final class ChildKillIT {
    private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(10);
    private static final int FAILURES_IN_A_ROW = 5;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void anotherChildTakesThePlaceOfAKilledOne() {
        NodeProcess node = scenario.aNode().start();
        URI url = node.awaitReady().http();
        assertThat(Http.isReady(url)).isTrue();
        try (Peer peer = Peer.connectedTo(node)) {
            Proc killed = node.killChild();
            Duration noticed = Await.until(
                    "a 503 of /readyz",
                    Duration.ofSeconds(2),
                    () -> Http.get(url, "/readyz").status() == 503);
            Duration back = Await.until("/readyz to be 200 again", RECOVERY_LIMIT, () -> Http.isReady(url));
            Proc child = awaitAnotherChild(node, killed);
            Duration again = Await.until("the peer to be on the bus again", RECOVERY_LIMIT, peer::isOnTheBus);
            assertThat(Proc.serversOf(node.dataDirectory())).containsExactly(child);
            assertThat(node.announcement().orElseThrow().nats())
                    .as("peers find it where it was")
                    .isEqualTo(node.awaitReady().nats());
            System.out.printf(
                    "ChildKillIT: 503 after %d ms, ready %d ms later, a peer connected %d ms after that%n",
                    noticed.toMillis(), back.toMillis(), again.toMillis());
        }
    }

    @Test
    void theNodeFollowsAChildWhosePortWasTaken() throws IOException {
        NodeProcess node = scenario.aNode().start();
        URI url = node.awaitReady().http();
        InetSocketAddress before = Peer.addressOf(node.awaitReady().nats());
        scenario.expectError(ServerErrors.PORT_TAKEN);
        try (ServerSocket other = new ServerSocket()) {
            node.killChild();
            Await.until("the port to be free", RECOVERY_LIMIT, () -> binds(other, before));
            Await.until("/readyz to be 200 again", RECOVERY_LIMIT, () -> Http.isReady(url));
            String after = node.announcement().orElseThrow().nats();
            assertThat(Peer.addressOf(after)).isNotEqualTo(before);
            try (Peer peer = Peer.connectedTo(after)) {
                assertThat(peer.isOnTheBus()).isTrue();
            }
        }
    }

    @Test
    void aChildThatIsPausedIsNotReady() {
        NodeProcess node = scenario.aNode().start();
        URI url = node.awaitReady().http();
        node.child().pause();
        Await.until(
                "a 503 of /readyz",
                RECOVERY_LIMIT,
                () -> Http.get(url, "/readyz").status() == 503);
        node.child().resume();
        Await.until("/readyz to be 200 again", RECOVERY_LIMIT, () -> Http.isReady(url));
    }

    @Test
    void theNodeEndsWith69WhenItsChildFailsFiveTimesInARow() {
        NodeProcess node = scenario.aNode().start();
        node.awaitReady();
        for (int failure = 1; failure < FAILURES_IN_A_ROW; failure++) {
            awaitAnotherChild(node, node.killChild());
        }
        node.killChild();
        assertThat(node.awaitExit(NodeProcess.STOP_LIMIT)).as(node.log()).isEqualTo(69);
        assertThat(node.log())
                .contains("unibus: gave up after 5 failures of nats-server in a row")
                .contains("was ended by signal 9 (KILL)");
        assertThat(node.announcementFile()).doesNotExist();
    }

    private static boolean binds(ServerSocket socket, InetSocketAddress address) {
        try {
            socket.bind(address);
            return true;
        } catch (IOException e) {
            return false; // the old child is not quite gone
        }
    }

    private static Proc awaitAnotherChild(NodeProcess node, Proc before) {
        Await.until(
                "node.json to name another child",
                RECOVERY_LIMIT,
                () -> node.announcement()
                        .filter(now -> now.childPid() != before.pid())
                        .isPresent());
        return node.child();
    }
}
