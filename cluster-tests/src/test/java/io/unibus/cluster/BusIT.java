package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Subscription;
import io.unibus.protocol.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What peers can do on the bus, and what they cannot. */
final class BusIT {
    private static final int FORBIDDEN_MESSAGES = 20_000;
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /** "JetStream not enabled for account", of the server itself. */
    private static final String NO_JETSTREAM = "\"err_code\":10039";

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void peersReachEachOtherWithoutCredentialsAlsoAfterTheChildDied() {
        NodeProcess node = scenario.aNode().start();
        try (Peer alice = Peer.connectedTo(node);
                Peer bob = Peer.connectedTo(node)) {
            Subscription heard = bob.subscribe("team.chat");
            alice.publish("team.chat", "hello");
            assertThat(Peer.next(heard, LIMIT)).contains("hello");
            node.killChild();
            Await.until(
                    "both to be on the bus again",
                    Duration.ofSeconds(10),
                    () -> alice.isOnTheBus() && bob.isOnTheBus());
            alice.publish("team.chat", "again");
            assertThat(Peer.next(heard, LIMIT)).contains("again");
        }
    }

    @Test
    void aPeerHasNoJetStreamAndNoSystemAccount() {
        NodeProcess node = scenario.aNode().start();
        try (Peer peer = Peer.connectedTo(node)) {
            for (String subject :
                    List.of("$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.KV_UNIBUS_users")) {
                assertThat(peer.ask(subject))
                        .as("the answer to a request on %s", subject)
                        .hasValueSatisfying(answer -> assertThat(answer).contains(NO_JETSTREAM));
            }
            for (String subject : List.of(
                    "$KV.UNIBUS_users.alice",
                    "$SYS.REQ.SERVER.PING",
                    "$SYS.REQ.ACCOUNT.CONTROL.INFO",
                    "$SYS.REQ.USER.AUTH")) {
                assertThat(peer.ask(subject))
                        .as("the answer to a request on %s", subject)
                        .isEmpty();
            }
        }
    }

    @Test
    void aPeerCannotFillTheLog() {
        NodeProcess node = scenario.aNode().start();
        try (Peer peer = Peer.connectedTo(node);
                Peer other = Peer.connectedTo(node)) {
            long before = node.log().lines().count();
            for (int i = 0; i < FORBIDDEN_MESSAGES; i++) {
                peer.publish("$SYS.anything", "forbidden");
            }
            Subscription heard = other.subscribe("team.chat");
            peer.publish("team.chat", "after all of them");
            assertThat(Peer.next(heard, LIMIT)).contains("after all of them");
            Await.until("the first of the complaints", LIMIT, () -> node.log().contains("Publish Violation"));
            assertThat(node.log().lines().count() - before).isLessThan(20);
        }
    }

    /** nats-server would answer these to every account, about the clients of that account. */
    @Test
    void aPeerLearnsNothingOfOtherClientsFromTheServer() {
        NodeProcess node = scenario.aNode().start();
        try (Peer peer = Peer.connectedTo(node)) {
            for (String subject :
                    List.of("$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.USER.INFO")) {
                assertThat(peer.ask(subject))
                        .as("the answer to a request on %s", subject)
                        .isEmpty();
            }
        }
    }

    @Test
    void aPeerThatListensToEverythingHearsNothingOfTheNodes() {
        NodeProcess node = scenario.aNode().start();
        try (Peer peer = Peer.connectedTo(node)) {
            Subscription everything = peer.subscribe(">");
            Subscription system = peer.subscribe("$SYS.>");
            Peer.connectedTo(node).close(); // is let in by a request and its answer in the account of nodes
            assertThat(Http.isReady(node.awaitReady().http())).isTrue();
            peer.publish("end", "of what was before");
            assertThat(Peer.next(everything, LIMIT)).contains("of what was before");
            assertThat(Peer.next(system, Duration.ofMillis(1))).isEmpty();
        }
    }

    @Test
    void monitoringIsOpenOnLoopbackWhenDebugging() {
        NodeProcess node =
                scenario.aNode().environment("UNIBUS_NATS_DEBUG", "1").start();
        URI url = node.awaitReady().http();
        String monitoring =
                Http.get(url, "/status").json().object("nats").orElseThrow().requiredString("monitoring");
        assertThat(monitoring).startsWith("http://127.0.0.1:");
        assertThat(Http.get(URI.create(monitoring), "/varz").status()).isEqualTo(200);
        assertThat(node.child().listeningAddresses())
                .hasSize(2)
                .allSatisfy(address -> assertThat(address).startsWith("0100007F:")); // 127.0.0.1
    }

    @Test
    void onlyTheBusIsOpenOtherwise() {
        NodeProcess node = scenario.aNode().start();
        JsonObject nats = Http.get(node.awaitReady().http(), "/status")
                .json()
                .object("nats")
                .orElseThrow();
        assertThat(nats.string("monitoring")).isEmpty();
        assertThat(node.child().listeningAddresses()).hasSize(1);
    }
}
