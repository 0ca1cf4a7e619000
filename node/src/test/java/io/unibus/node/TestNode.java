package io.unibus.node;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import io.unibus.protocol.Handle;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.Store;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Map;

/** A whole node in this process, on ports of its own choice. Closed by the test. */
public final class TestNode implements AutoCloseable {
    private static final Duration OP_TIMEOUT = Duration.ofSeconds(5);

    private final Node node;
    private final Path dataDir;
    private final String ready;

    private TestNode(Node node, Path dataDir, String ready) {
        this.node = node;
        this.dataDir = dataDir;
        this.ready = ready;
    }

    /** Starts a node; {@code options} are those that are not given here. */
    public static TestNode start(Path dataDir, Map<NodeOption, String> options) {
        Map<NodeOption, String> all = new EnumMap<>(Map.of(
                NodeOption.DATA_DIR, dataDir.toString(),
                NodeOption.NAME, "node-1",
                NodeOption.HTTP, "127.0.0.1:0",
                NodeOption.NATS, "127.0.0.1:0",
                NodeOption.OP_TIMEOUT, OP_TIMEOUT.toSeconds() + "s"));
        all.putAll(options);
        Node node = new Node(NodeConfig.load(OptionValues.resolve(all, Map.of())));
        try {
            return new TestNode(node, dataDir, node.start());
        } catch (RuntimeException | Error e) {
            node.stop();
            throw e;
        }
    }

    public Node node() {
        return node;
    }

    /** Returns the line that says what the node serves. */
    public String ready() {
        return ready;
    }

    public URI http() {
        return URI.create(ready.replaceFirst(".* http=(\\S+).*", "$1"));
    }

    /** Returns where clients of the bus connect. */
    public String bus() {
        return ready.replaceFirst(".* nats=(\\S+).*", "$1");
    }

    public ControlPlaneClient client(Identity identity) {
        return ControlPlaneClient.of(http(), identity);
    }

    /** Puts somebody on the allowlist as a command on the host does, past the node. */
    public void addUser(Identity identity, String handle, UserRole role) {
        try (Store store = store()) {
            store.addUser(User.active(identity.endpoint(), new Handle(handle), role, now()));
        }
    }

    /** Revokes somebody as a command on the host does, past the node. */
    public void revoke(Identity identity) {
        try (Store store = store()) {
            store.revokeUser(identity.endpoint(), now());
        }
    }

    private Store store() {
        return NodeStore.open(dataDir, OP_TIMEOUT);
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    @Override
    public void close() {
        node.stop();
    }
}
