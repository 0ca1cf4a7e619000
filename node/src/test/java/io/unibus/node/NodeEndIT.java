package io.unibus.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node, and what ends it. */
@Timeout(60)
final class NodeEndIT {
    private final Thread broken = new Thread("some-thread");
    private @Nullable TestNode node;

    @AfterEach
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    @Test
    void errorInAnyThreadEndsTheNode(@TempDir Path dataDir) {
        Node started = start(dataDir);
        started.threadFailed(broken, new StackOverflowError());
        FatalException end = catchThrowableOfType(FatalException.class, started::awaitEnd);
        assertThat(end).hasMessageContaining("some-thread").hasMessageContaining("StackOverflowError");
        assertThat(end.exitCode()).isEqualTo(ExitCode.UNEXPECTED);
    }

    @Test
    void exceptionInAThreadIsLoggedAndEndsNothing(@TempDir Path dataDir) {
        Node started = start(dataDir);
        started.threadFailed(broken, new IllegalStateException("a bug"));
        started.stop();
        assertThatCode(started::awaitEnd).doesNotThrowAnyException();
    }

    private Node start(Path dataDir) {
        TestNode made = TestNode.start(dataDir, Map.of());
        node = made;
        assertThat(made.ready()).startsWith("node ready");
        return made.node();
    }
}
