package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.embeddednats.LogLine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class ClusterTroublesTest {
    private final AtomicLong now = new AtomicLong();
    private final ClusterTroubles troubles = new ClusterTroubles(now::get);

    @Test
    void loginThatIsRefusedNamesTheKeyAsLongAsItIsSaid() {
        say("127.0.0.2:6222 - rid:7 - Route Error 'Authorization Violation'");
        say("127.0.0.2:6222 - rid:8 - Route Error 'Authorization Violation'");
        assertThat(troubles.present())
                .singleElement()
                .asString()
                .contains("127.0.0.2:6222")
                .contains("--cluster-key");
        now.addAndGet(Duration.ofSeconds(16).toNanos());
        assertThat(troubles.present()).isEmpty();
    }

    @Test
    void nameOfAnotherNodeNamesTheOption() {
        say("127.0.0.2:51234 - rid:9 - Remote server has a duplicate name: \"a\"");
        assertThat(troubles.present()).singleElement().asString().contains("--name");
    }

    @Test
    void otherAuthorityIsSaidOnceForAllAttemptsAndNamesTheKey() {
        say("127.0.0.2:51234 - rid:9 - TLS route handshake error: remote error: tls: bad certificate");
        say("127.0.0.2:51236 - rid:11 - TLS route handshake error: remote error: tls: bad certificate");
        assertThat(troubles.present()).singleElement().asString().contains("--cluster-key");
    }

    @Test
    void nodeThatDiesInAHandshakeIsNoMistake() {
        say("127.0.0.2:51234 - rid:9 - TLS route handshake error: EOF");
        say("127.0.0.2:51234 - rid:9 - TLS route handshake error: read tcp 1->2: read: connection reset by peer");
        assertThat(troubles.present()).isEmpty();
    }

    @Test
    void nodeThatIsNotThereIsNoMistake() {
        say("Error trying to connect to route (attempt 1): dial tcp 127.0.0.2:6222: connect: connection refused");
        assertThat(troubles.present()).isEmpty();
    }

    private void say(String message) {
        troubles.said(new LogLine(Level.ERROR, message));
    }
}
