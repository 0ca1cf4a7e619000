package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebugModeTest {
    @Test
    void unsetIsOff() {
        assertThat(DebugMode.parse(null)).isEqualTo(DebugMode.OFF);
    }

    @ParameterizedTest
    @CsvSource({"'', OFF", "0, OFF", "false, OFF", "1, DEBUG", "true, DEBUG", "TRUE, DEBUG", "trace, TRACE"})
    void readsTheValues(String value, DebugMode mode) {
        assertThat(DebugMode.parse(value)).isEqualTo(mode);
    }

    @Test
    void anythingElseIsAnErrorThatNamesTheValues() {
        assertThatThrownBy(() -> DebugMode.parse("yes"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("UNIBUS_NATS_DEBUG is \"yes\"; it can be 0 or false (off), 1 or true (debug), or trace");
    }
}
