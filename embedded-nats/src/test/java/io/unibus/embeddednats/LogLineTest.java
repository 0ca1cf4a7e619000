package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.Level;

class LogLineTest {
    @ParameterizedTest
    @CsvSource({"INF, INFO", "WRN, WARN", "ERR, ERROR", "FTL, ERROR", "DBG, DEBUG", "TRC, TRACE"})
    void keepsTheLevel(String name, Level level) {
        assertThat(LogLine.parse("[3584] 2026/11/21 09:15:42.785065 [" + name + "] Server is ready"))
                .isEqualTo(new LogLine(level, "Server is ready"));
    }

    @Test
    void timesMayBeInUtcOrMissing() {
        assertThat(LogLine.parse("[1] 2026/11/21 09:15:42.785065 UTC [INF] a").message())
                .isEqualTo("a");
        assertThat(LogLine.parse("[1] [INF] a").message()).isEqualTo("a");
    }

    @Test
    void whatIsInNoFormatWarns() {
        String line = "nats-server: /data/nats-server.conf:1:0: unknown field \"frob\"";
        assertThat(LogLine.parse(line)).isEqualTo(new LogLine(Level.WARN, line));
    }

    @Test
    void aMissingPortsFileIsNobodysConcern() {
        String message = "Error cleaning up ports file /data/ports/nats-server_1.ports: no such file or directory";
        assertThat(LogLine.parse("[1] [ERR] " + message)).isEqualTo(new LogLine(Level.DEBUG, message));
    }

    @Test
    void readsWhichAddressIsTaken() {
        assertThat(FatalLine.addressInUse("Error listening on port: 127.0.0.1:4222, "
                        + "\"listen tcp 127.0.0.1:4222: bind: address already in use\""))
                .contains("127.0.0.1:4222");
        assertThat(FatalLine.addressInUse("listen tcp [::1]:4222: bind: address already in use"))
                .contains("[::1]:4222");
        assertThat(FatalLine.addressInUse("Server is ready")).isEmpty();
    }
}
