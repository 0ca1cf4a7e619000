package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

final class ClientFaultsTest {
    private static final String USER = "\"v1:py:x\" - \"BUS/user:UABC\" - ";
    private static final String FORBIDDEN =
            "127.0.0.1:60966 - cid:12 - " + USER + "Publish Violation - Subject \"$SYS.x\"";

    private final AtomicLong now = new AtomicLong(1);
    private final ClientFaults faults = new ClientFaults(now::get);

    @Test
    void oneLineAMinuteOfEachHostAndKindIsTold() {
        assertThat(take(FORBIDDEN)).isEqualTo(FORBIDDEN);
        for (int i = 0; i < 100_000; i++) {
            assertThat(take(FORBIDDEN.replace("cid:12", "cid:" + i))).isEmpty();
        }
        assertThat(take("127.0.0.1:60970 - cid:13 - authentication error")).isNotEmpty();
        assertThat(take(FORBIDDEN.replace("127.0.0.1", "10.0.0.2"))).isNotEmpty();
        now.addAndGet(ClientFaults.PERIOD.toNanos());
        assertThat(take(FORBIDDEN))
                .isEqualTo(FORBIDDEN + " (100000 more of the kind from 127.0.0.1 in the 60 s before)");
        now.addAndGet(ClientFaults.PERIOD.toNanos());
        assertThat(take(FORBIDDEN)).as("nothing was left out since").isEqualTo(FORBIDDEN);
    }

    @Test
    void manyHostsAreCountedTogetherUntilTheirMinuteIsOver() {
        int told = 0;
        for (int i = 0; i < 10 * ClientFaults.MOST; i++) {
            told += take(ofHost(i)).isEmpty() ? 0 : 1;
        }
        assertThat(told).isEqualTo(ClientFaults.MOST + 1);
        now.addAndGet(ClientFaults.PERIOD.toNanos());
        assertThat(take(ofHost(5 * ClientFaults.MOST))).isEqualTo(ofHost(5 * ClientFaults.MOST));
    }

    @Test
    void clientCannotChooseItsKindByItsName() {
        assertThat(take("10.0.0.1:1 - cid:1 - \"v1:a\\\" - abc\" - \"BUS/user:U\" - authentication error"))
                .isNotEmpty();
        assertThat(take("10.0.0.1:1 - cid:2 - \"v1:a\\\" - xyz\" - \"BUS/user:U\" - authentication error"))
                .isEmpty();
        assertThat(take("10.0.0.1:1 - cid:3 - \"v1:a\" - \"BUS/user:U\" - Client parser ERROR, proto='\"abc\" - x'"))
                .isNotEmpty();
        assertThat(take("10.0.0.1:1 - cid:4 - \"v1:a\" - \"BUS/user:U\" - Client parser ERROR, proto='\"\" - yz'"))
                .isEmpty();
    }

    @Test
    void loginsForWhichThereIsNoRoomAreOneKind() {
        String full = "Could not register auth callout user: maximum account active connections exceeded";
        assertThat(ClientFaults.isOf(new LogLine(Level.WARN, full))).isTrue();
        assertThat(take(full)).isEqualTo(full);
        assertThat(take(full)).isEmpty();
    }

    @Test
    void loginsThatTheCalloutRefusesAreOneKind() {
        String unknown = "Auth callout service returned an error: user-unknown";
        assertThat(ClientFaults.isOf(new LogLine(Level.WARN, unknown))).isTrue();
        assertThat(take(unknown)).isEqualTo(unknown);
        assertThat(take("Auth callout service returned an error: user-revoked")).isEmpty();
    }

    private static String ofHost(int number) {
        return "10." + number / 256 + ".0." + number % 256 + ":1 - cid:1 - authentication error";
    }

    @Test
    void whatConcernsMoreThanOneClientIsNoComplaint() {
        assertThat(ClientFaults.isOf(new LogLine(Level.ERROR, FORBIDDEN))).isTrue();
        assertThat(ClientFaults.isOf(new LogLine(Level.INFO, FORBIDDEN))).isFalse();
        assertThat(ClientFaults.isOf(new LogLine(Level.ERROR, "127.0.0.2:6222 - rid:7 - authentication error")))
                .isFalse();
        assertThat(ClientFaults.isOf(new LogLine(Level.ERROR, "JetStream out of resources, will be DISABLED")))
                .isFalse();
    }

    private String take(String message) {
        return faults.take(new LogLine(Level.ERROR, message)).orElse("");
    }
}
