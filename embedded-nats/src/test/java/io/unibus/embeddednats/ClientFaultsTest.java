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
    void manyHostsAndNamesAreCountedTogether() {
        int told = 0;
        for (int i = 0; i < 10 * ClientFaults.MOST; i++) {
            String name = "\"v1 - \" - " + "k".repeat(1 + i % 50) + "\" - \"BUS/user:U\" - ";
            told += take("10." + i / 256 + ".0." + i % 256 + ":1 - cid:1 - " + name + "authentication error")
                            .isEmpty()
                    ? 0
                    : 1;
        }
        assertThat(told).isEqualTo(ClientFaults.MOST + 1);
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
        return faults.take(new LogLine(Level.ERROR, message))
                .map(LogLine::message)
                .orElse("");
    }
}
