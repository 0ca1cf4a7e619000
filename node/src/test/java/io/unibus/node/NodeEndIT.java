package io.unibus.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
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
    private @Nullable Node node;

    @AfterEach
    void stop() {
        if (node != null) {
            node.stop();
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
        Node made = new Node(NodeConfig.load(OptionValues.resolve(
                Map.of(
                        NodeOption.DATA_DIR, dataDir.toString(),
                        NodeOption.NAME, "node-1",
                        NodeOption.HTTP, "127.0.0.1:0",
                        NodeOption.NATS, "127.0.0.1:0"),
                Map.of())));
        node = made;
        String ready = made.start();
        assertThat(ready).startsWith("node ready");
        return made;
    }
}
