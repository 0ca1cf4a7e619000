package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.embeddednats.ServerTrouble.Kind;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.event.Level;

/** Lines as nats-server 2.15.1 wrote them. */
class ServerTroubleTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UNREACHABLE | 127.0.0.1:47281 | Error trying to connect to route (attempt 1): dial tcp 127.0.0.1:47281: connect: connection refused
            UNREACHABLE | [::1]:6222 | Error trying to connect to route (attempt 3600): dial tcp [::1]:6222: i/o timeout
            UNREACHABLE | no-such-host.invalid | Error trying to connect to route (attempt 1): lookup for host "no-such-host.invalid": lookup no-such-host.invalid on 127.0.0.53:53: no such host
            NOT_A_CLUSTER_LISTENER | 127.0.0.1:39343 | 127.0.0.1:39343 - rid:10 - Router parser ERROR, state=18, i=1: proto='"TTP/1.1 400 Bad Request\\r\\n\\r"...'
            OTHER_LOGIN | 127.0.0.1:58959 | 127.0.0.1:58959 - rid:12 - Route Error 'Authorization Violation'
            OTHER_LOGIN | 127.0.0.1 | 127.0.0.1:59822 - rid:11 - authentication error - User "r"
            OTHER_LOGIN | ::1 | [::1]:59822 - rid:11 - authentication error
            OTHER_CLUSTER | 127.0.0.1 | 127.0.0.1:54306 - rid:11 - Rejecting connection, cluster name "c2" does not match "c1"
            OTHER_CLUSTER | 127.0.0.1:39367 | 127.0.0.1:39367 - rid:14 - Route Error 'Rejecting connection, cluster name "c1" does not match "c2"'
            SAME_NAME | 127.0.0.1 | 127.0.0.1:38800 - rid:17 - Remote server has a duplicate name: "a"
            NO_QUORUM | | JetStream cluster stream 'APP > A' has NO quorum, stalled
            NO_QUORUM | | JetStream cluster no metadata leader
            NO_QUORUM | | Waiting for routing to be established...
            NO_QUORUM | | JetStream has not established contact with a meta leader
            STORE_FULL | | JetStream out of File resources, will be DISABLED
            STORE_FULL | | JetStream file resource limits exceeded for server
            STORE_FULL | | Filestore [A] Critical write error: write /d/1.blk: no space left on device
            STORE_FULL | | RAFT [6DVFpukC - _meta_] Critical write error: write /d/tav.idx.tmp: no space left on device
            STORE_FULL | | JetStream failed to store a msg on stream 'APP > A': write /d/1.blk: no space left on device
            STORE_FAILED | | Filestore [A] Critical write error: write /d/1.blk: input/output error
            STORE_FAILED | | JetStream stream 'APP > A' critical write error: write /d/1.blk: read-only file system
            """)
    void isUnderstood(Kind kind, String peer, String message) {
        ServerTrouble trouble = of(message).orElseThrow();
        assertThat(trouble.kind()).isEqualTo(kind);
        assertThat(trouble.peer()).isEqualTo(Optional.ofNullable(peer));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Server is ready",
                "127.0.0.1:36781 - rid:9 - Router connection closed: Duplicate Route",
                "127.0.0.1:54478 - cid:6 - authentication error - User \"r\"",
                "127.0.0.1:39343 - rid:10 - Error flushing: writev tcp 127.0.0.1:1->127.0.0.1:2: writev: broken pipe",
            })
    void otherLinesSayNothing(String message) {
        assertThat(of(message)).isEmpty();
    }

    /** The side that refuses and the side that is refused name the two in opposite order. */
    @Test
    void theOwnClusterIsToldFromTheOther() {
        assertThat(
                        of("127.0.0.1:54306 - rid:11 - Rejecting connection, cluster name \"theirs\" does not match \"ours\"")
                                .orElseThrow()
                                .advice())
                .contains("belongs to the cluster theirs, this one to ours");
        assertThat(of("127.0.0.1:39367 - rid:14 - Route Error"
                                + " 'Rejecting connection, cluster name \"ours\" does not match \"theirs\"'")
                        .orElseThrow()
                        .advice())
                .contains("belongs to the cluster theirs, this one to ours");
    }

    private static Optional<ServerTrouble> of(String message) {
        return ServerTrouble.of(new LogLine(Level.ERROR, message));
    }
}
