package io.unibus.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SnapshotCommandTest {
    private static final String ENDPOINT = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void addAUser() {
        assertThat(run("user", "add", ENDPOINT, "--handle", "alice", "--admin", "--data-dir", path("data"))
                        .exitCode())
                .isZero();
    }

    @Test
    void exportImportAndVerifyGoTogether() {
        Result exported = run("snapshot", "export", path("snapshot"), "--data-dir", path("data"));
        assertThat(exported.exitCode()).as(exported.err()).isZero();
        assertThat(exported.out()).contains("users", "snapshot written to", "digest");
        assertThat(run("snapshot", "verify", path("snapshot")).out()).contains("whole and unchanged");
        Result imported = run("snapshot", "import", path("snapshot"), "--data-dir", path("other"));
        assertThat(imported.exitCode()).as(imported.err()).isZero();
        assertThat(imported.out()).contains("1 records written, 0 were there already");
        assertThat(run("snapshot", "import", path("snapshot"), "--data-dir", path("other"))
                        .out())
                .contains("0 records written, 1 were there already");
        run("snapshot", "export", path("again"), "--db", path("other/unibus.db"));
        assertThat(directory.resolve("again")).hasSameBinaryContentAs(directory.resolve("snapshot"));
    }

    @Test
    void encryptedSnapshotOpensForItsRecipientAlone() throws IOException {
        String endpoint = run("identity", "new", path("alice.seed")).out().strip();
        run("identity", "new", path("eve.seed"));
        Result exported = run("snapshot", "export", path("sealed"), "--data-dir", path("data"), "--to", endpoint);
        assertThat(exported.exitCode()).as(exported.err()).isZero();
        assertThat(Files.readAllBytes(directory.resolve("sealed")))
                .asString()
                .startsWith("unibus-sealed-1\n")
                .doesNotContain("alice");
        assertThat(run("snapshot", "verify", path("sealed"), "--identity", path("alice.seed"))
                        .out())
                .contains("whole and unchanged");
        assertRefused(2, "is encrypted: give the identity", "snapshot", "verify", path("sealed"));
        assertRefused(
                78, "sealed to another identity", "snapshot", "verify", path("sealed"), "--identity", path("eve.seed"));
        byte[] sealed = Files.readAllBytes(directory.resolve("sealed"));
        Files.write(directory.resolve("cut"), Arrays.copyOf(sealed, sealed.length - 20));
        assertRefused(
                78,
                "is truncated",
                "snapshot",
                "import",
                path("cut"),
                "--identity",
                path("alice.seed"),
                "--data-dir",
                path("new"));
    }

    @Test
    void anotherControlPlaneIsLeftAsItIs() {
        run("snapshot", "export", path("snapshot"), "--data-dir", path("data"));
        run("user", "revoke", ENDPOINT, "--data-dir", path("data"));
        run("user", "add", identity("bob.seed"), "--handle", "bob", "--admin", "--data-dir", path("data"));
        assertRefused(
                1, "only in the target: user U", "snapshot", "import", path("snapshot"), "--data-dir", path("data"));
    }

    @Test
    void badInputIsNamed() throws IOException {
        Files.writeString(directory.resolve("text"), "hello\n");
        assertRefused(78, "line 1: the file is not a snapshot", "snapshot", "verify", path("text"));
        assertRefused(78, "there is no file", "snapshot", "verify", path("nothing"));
        assertRefused(78, "there is no such file", "snapshot", "export", path("x"), "--db", path("nothing.db"));
        assertRefused(
                78,
                "exists already and was left as it is",
                "snapshot",
                "export",
                path("text"),
                "--data-dir",
                path("data"));
        assertRefused(2, "is like nats://", "snapshot", "export", path("x"), "--nats-url", "127.0.0.1:4222");
        String url = "nats://127.0.0.1:1";
        for (List<String> migration : List.of(
                List.of("2", "--replicas must be 1 to 5, not 6", "--replicas", "6"),
                List.of("2", "--online needs the backup", "--online", "--no-backup"),
                List.of("78", "there is no cluster key", "--no-backup"),
                List.of("78", "is not a SQLite database", "--db", path("text")))) {
            String[] words = Stream.concat(
                            Stream.of("migrate-to-kv", "--nats-url", url),
                            Stream.concat(
                                    migration.contains("--db")
                                            ? Stream.empty()
                                            : Stream.of("--db", path("data/unibus.db")),
                                    migration.stream().skip(2)))
                    .toArray(String[]::new);
            assertRefused(Integer.parseInt(migration.get(0)), migration.get(1), words);
        }
        assertThat(run("cluster-key", path("data/cluster.key")).exitCode()).isZero();
        assertRefused(
                69,
                "cannot log in to the bus at " + url,
                "migrate-to-kv",
                "--nats-url",
                url,
                "--db",
                path("data/unibus.db"));
    }

    @Test
    void migratedStoreIsNotUsedUntilItsMarkIsMovedAway() throws IOException {
        Path mark = directory.resolve("data/unibus.db.migrated");
        Files.writeString(mark, "{\"at\":\"2026-11-21T08:50:00Z\",\"source\":\"digest\"}");
        assertRefused(
                78, "was migrated to a cluster at 2026-11-21T08:50:00Z", "user", "list", "--data-dir", path("data"));
        Files.move(mark, directory.resolve("moved"));
        assertThat(run("user", "list", "--data-dir", path("data")).exitCode()).isZero();
    }

    private String identity(String name) {
        return run("identity", "new", path(name)).out().strip();
    }

    private void assertRefused(int exitCode, String reason, String... words) {
        Result result = run(words);
        assertThat(result.err()).contains(reason).doesNotContain("Exception", "\tat ");
        assertThat(result.exitCode()).as(result.err()).isEqualTo(exitCode);
    }

    private String path(String name) {
        return directory.resolve(name).toString();
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
