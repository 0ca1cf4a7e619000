package io.unibus.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.Node;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.NodeOption;
import io.unibus.node.config.OptionValues;
import io.unibus.node.tls.TestAuthority;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Commands to a node with TLS and the replicated store: on its host, and as from another one. */
@Timeout(120)
final class TlsCommandIT {
    private static final String ENDPOINT = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path directory;

    private static @Nullable Node node;
    private static String data = "";
    private static String url = "";
    private static String bus = "";

    private record Result(int exitCode, String out, String err) {}

    @BeforeAll
    static void start() {
        data = directory.resolve("data").toString();
        Node starting = new Node(NodeConfig.load(OptionValues.resolve(
                Map.of(
                        NodeOption.DATA_DIR, data,
                        NodeOption.HTTP, "127.0.0.1:0",
                        NodeOption.NATS, "127.0.0.1:0",
                        NodeOption.STORE, "kv",
                        NodeOption.OP_TIMEOUT, "5s",
                        NodeOption.TLS, "auto"),
                Map.of())));
        node = starting;
        String ready = starting.start();
        url = ready.replaceFirst(".* http=(\\S+) .*", "$1");
        bus = ready.replaceFirst(".* nats=(\\S+) .*", "$1");
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.stop();
        }
    }

    @Test
    void commandsOnTheHostNeedNoAuthority() {
        Result added = run("user", "add", ENDPOINT, "--handle", "alice", "--data-dir", data);
        assertThat(added.exitCode()).as(added.err()).isZero();
        Result status = run("status", "--data-dir", data);
        assertThat(status.exitCode()).as(status.err()).isZero();
        assertThat(status.out())
                .contains("TLS auto, certificate until 9999-12-31")
                .doesNotContain("not ok");
    }

    @Test
    void commandsElsewhereNameTheAuthorityThatCaPrints() throws IOException {
        Result ca = run("ca", "--data-dir", data);
        assertThat(ca.exitCode()).as(ca.err()).isZero();
        assertThat(ca.out()).startsWith("-----BEGIN CERTIFICATE-----\n").doesNotContain("KEY");
        assertThat(ca.err()).matches("SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\\R");
        assertThat(run(
                                "ca",
                                "--cluster-key",
                                directory.resolve("data/cluster.key").toString())
                        .out())
                .isEqualTo(ca.out());
        String file = Files.writeString(directory.resolve("ca.pem"), ca.out()).toString();
        assertThat(run("status", "--url", url, "--ca", file).exitCode()).isZero();
        String seed = directory.resolve("bob.seed").toString();
        run("identity", "new", seed);
        for (String[] words : new String[][] {
            {"room", "list", "--identity", seed, "--url", url, "--ca", file},
            {"request", "GET", "/readyz", "--identity", seed, "--url", url, "--ca", file}
        }) {
            Result result = run(words);
            assertThat(result.exitCode()).as(result.err()).isZero();
        }
        Result export = run(
                "snapshot",
                "export",
                directory.resolve("snapshot").toString(),
                "--nats-url",
                bus,
                "--cluster-key",
                directory.resolve("data/cluster.key").toString(),
                "--ca",
                file);
        assertThat(export.exitCode()).as(export.err()).isZero();
    }

    @Test
    void nodeOfAnotherAuthorityIsRefusedWithWhatToDo() throws IOException {
        String other = Files.writeString(directory.resolve("other.pem"), new TestAuthority().certificatePem())
                .toString();
        refused("is not trusted", "status", "--url", url, "--ca", other);
        refused("--ca or UNIBUS_CA", "status", "--url", url);
        refused("there is no such file", "status", "--url", url, "--ca", "no-such-file");
        refused(
                "is not trusted",
                "snapshot",
                "export",
                directory.resolve("none").toString(),
                "--nats-url",
                bus,
                "--cluster-key",
                directory.resolve("data/cluster.key").toString(),
                "--ca",
                other);
    }

    @Test
    void authorityOfADirectoryWithoutAKeyIsNotMadeUp() {
        refused("--data-dir", "ca", "--data-dir", directory.resolve("empty").toString());
    }

    private static void refused(String reason, String... words) {
        Result result = run(words);
        assertThat(result.exitCode()).as(result.err()).isEqualTo(78);
        assertThat(result.err()).startsWith("unibus: ").contains(reason).doesNotContain("Exception");
        assertThat(result.out()).isEmpty();
    }

    private static Result run(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine unibus = Unibus.commandLine();
        unibus.setOut(new PrintWriter(out, true));
        unibus.setErr(new PrintWriter(err, true));
        int exitCode = unibus.execute(words);
        return new Result(exitCode, out.toString(), err.toString());
    }
}
