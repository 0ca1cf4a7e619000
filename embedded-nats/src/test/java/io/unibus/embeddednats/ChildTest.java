package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What of the JVM's environment the child gets. */
class ChildTest {
    @Test
    void onlyNamedVariablesAreKept() {
        assertThat(Stream.of("GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG", "GOTRACEBACK", "PATH", "TZ"))
                .allMatch(Child::keeps);
        assertThat(Stream.of("GOOGLE_API_KEY", "GO_TOKEN", "GO", "GOGCX", "HOME", "UNIBUS_NATS_DEBUG"))
                .noneMatch(Child::keeps);
    }
}
