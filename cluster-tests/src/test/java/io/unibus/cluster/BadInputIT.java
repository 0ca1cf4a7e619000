package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the node refuses to start with: which exit code, and a sentence that helps. */
final class BadInputIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int USAGE = 2;
    private static final int UNAVAILABLE = 69;
    private static final int TRY_AGAIN = 75;
    private static final int CONFIGURATION = 78;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void anHttpPortInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            assertRefused(scenario.aNode().http(address), UNAVAILABLE, address, "--http");
        }
    }

    @Test
    void aBusPortInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            scenario.expectError("Error listening on port: " + address);
            assertRefused(scenario.aNode().nats(address), UNAVAILABLE, address, "in use");
        }
    }

    @Test
    void aDataDirectoryInUse() {
        NodeProcess first = scenario.aNode().start();
        first.awaitReady();
        assertRefused(scenario.aNode(), TRY_AGAIN, "in use by another node", "process " + first.pid());
        assertThat(Http.isReady(first.awaitReady().http())).isTrue();
        assertThat(Proc.serversOf(first.dataDirectory())).hasSize(1);
    }

    @Test
    void ofTwoNodesStartedAtOnceOnOneDirectoryOneServes() {
        NodeProcess one = scenario.aNode().start();
        NodeProcess other = scenario.aNode().start();
        Await.until("one to serve", LIMIT, () -> one.isReady() || other.isReady());
        NodeProcess refused = one.isReady() ? other : one;
        assertThat(refused.awaitExit(LIMIT)).as(refused.log()).isEqualTo(TRY_AGAIN);
    }

    @Test
    void aDataDirectoryThatIsAFile() throws IOException {
        Files.writeString(scenario.directory("data"), "not a directory");
        assertRefused(scenario.aNode(), CONFIGURATION, "is a file", "--data-dir");
    }

    @Test
    void aDataDirectoryThatCannotBeWritten() {
        Mount mount = Mount.at(scenario.directory("data"), "size=1m,mode=0700,ro");
        scenario.closeAfterwards(mount);
        assertRefused(scenario.aNode(), CONFIGURATION, "cannot be used", "read-only");
    }

    @Test
    void aDataDirectoryFromWhichNothingMayBeExecuted() {
        Mount mount = Mount.at(scenario.directory("data"), "size=128m,mode=0700,noexec");
        scenario.closeAfterwards(mount);
        assertRefused(scenario.aNode(), CONFIGURATION, "noexec");
    }

    @Test
    void aDatabaseThatIsNone() throws IOException {
        Files.createDirectories(scenario.directory("data"));
        Path database = scenario.directory("data").resolve("unibus.db");
        byte[] content =
                "This is not a database, however long it may be. ".repeat(100).getBytes(StandardCharsets.UTF_8);
        Files.write(database, content);
        assertRefused(scenario.aNode(), CONFIGURATION, "unibus.db", "not a SQLite database");
        assertThat(Files.readAllBytes(database)).as("the file").isEqualTo(content);
    }

    @Test
    void aDatabaseOfANewerVersion() throws SQLException {
        NodeProcess node = scenario.aNode().start();
        node.awaitReady();
        node.stop();
        String url = "jdbc:sqlite:" + node.dataDirectory().resolve("unibus.db");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA user_version = 999");
        }
        assertRefused(scenario.aNode(), CONFIGURATION, "unibus.db", "999");
    }

    @Test
    void anUnknownOption() {
        assertRefused(scenario.aNode().with("--nat", "127.0.0.1:4222"), USAGE, "--nat", "--nats");
    }

    @Test
    void aMalformedOption() {
        assertRefused(scenario.aNode().http("nonsense"), USAGE, "--http", "nonsense", "HOST:PORT");
    }

    @Test
    void anUnknownVariableInTheEnvironment() {
        assertRefused(
                scenario.aNode().environment("UNIBUS_OP_TIMEOT", "1s"),
                CONFIGURATION,
                "UNIBUS_OP_TIMEOT",
                "UNIBUS_OP_TIMEOUT");
    }

    @Test
    void aMalformedVariableInTheEnvironment() {
        assertRefused(
                scenario.aNode().environment("UNIBUS_OP_TIMEOUT", "soon"), CONFIGURATION, "UNIBUS_OP_TIMEOUT", "soon");
    }

    @Test
    void anAddressThatOthersReachWithoutSayingSo() {
        assertRefused(scenario.aNode().http("0.0.0.0:0"), USAGE, "--http", "--insecure");
    }

    private static void assertRefused(NodeProcess.Builder builder, int exitCode, String... said) {
        NodeProcess node = builder.start();
        assertThat(node.awaitExit(LIMIT)).as(node.log()).isEqualTo(exitCode);
        assertThat(node.log()).contains(said).contains("unibus: ").doesNotContain("\tat ");
    }
}
