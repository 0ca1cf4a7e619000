package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SubscriptionObserverTest {
    @Test
    void subjectsArePrintedOnOneShortLine() {
        assertThat(SubscriptionObserver.printable("_INBOX.x.*")).isEqualTo("_INBOX.x.*");
        assertThat(SubscriptionObserver.printable("a\n\u001b[31m\u2028b\u00e9")).isEqualTo("a??[31m?b?");
        assertThat(SubscriptionObserver.printable("x".repeat(4_000))).isEqualTo("x".repeat(100) + "...");
    }
}
