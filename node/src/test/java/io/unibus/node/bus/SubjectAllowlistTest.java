package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class SubjectAllowlistTest {
    private final SubjectAllowlist allowed = new SubjectAllowlist(Set.of("team.a", "_INBOX.me.>"));

    @Test
    void exactSubjectsAreCoveredAloneAndPrefixesWithAllBelow() {
        assertThat(Set.of("team.a", "_INBOX.me.x", "_INBOX.me.x.y", "_INBOX.me.*", "_INBOX.me.x.>", "_INBOX.me.>"))
                .allMatch(allowed::covers);
    }

    @Test
    void whatCouldHearMoreIsNotCovered() {
        assertThat(Set.of(
                        "team.b",
                        "team",
                        "team.a.x",
                        "team.*",
                        "*.a",
                        "team.>",
                        ">",
                        "_INBOX.>",
                        "_INBOX.*.x",
                        "_INBOX.me",
                        "_INBOX.me.",
                        "_INBOX.mean.x",
                        "_INBOX.xyz.*"))
                .noneMatch(allowed::covers);
    }

    @Test
    void emptyListIsRefused() {
        assertThatThrownBy(() -> new SubjectAllowlist(Set.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
