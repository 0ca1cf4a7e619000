package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcStatTest {
    private static final String REST = " 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 987654 123 45 6 7\n";

    @Test
    void readsStateAndStartTime() {
        assertThat(ProcStat.parse("42 (nats-server) S" + REST)).contains(new ProcStat('S', 987654));
    }

    @Test
    void aNameMayHoldSpacesParenthesesAndLineBreaks() {
        assertThat(ProcStat.parse("42 (a) R 1 (b c)\n) T" + REST)).contains(new ProcStat('T', 987654));
    }

    @Test
    void aZombieHasEnded() {
        assertThat(ProcStat.parse("42 (sh) Z" + REST)).get().matches(ProcStat::ended);
        assertThat(ProcStat.parse("42 (sh) D" + REST)).get().matches(stat -> !stat.ended());
    }

    @Test
    void anythingElseIsNothing() {
        assertThat(ProcStat.parse("")).isEmpty();
        assertThat(ProcStat.parse("42 (sh) S 1 2")).isEmpty();
    }
}
