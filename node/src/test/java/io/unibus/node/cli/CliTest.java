package io.unibus.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CliTest {
    private static final String ENDPOINT = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private record Result(int exitCode, String out, String err) {
        JsonObject json() {
            return JsonObject.parse(out.getBytes(StandardCharsets.UTF_8));
        }

        List<JsonObject> array() {
            return JsonObject.parseArray(out.getBytes(StandardCharsets.UTF_8));
        }
    }

    static Stream<CommandLine> commands() {
        return withSubcommands(Unibus.commandLine());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpOfEveryCommandHasAnExample(CommandLine command) {
        assertThat(command.getUsageMessage()).containsPattern("Examples?:\\R  unibus \\w+");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandRefusesAnUnknownOption(CommandLine command) {
        String[] words = (command.getCommandSpec().qualifiedName() + " --no-such-option").split(" ", -1);
        Result result = run(Arrays.copyOfRange(words, 1, words.length));
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("--help").doesNotContain("Exception");
    }

    @ParameterizedTest
    @CsvSource({"node --htpp 127.0.0.1:1, --http", "user list --jsn, --json", "nodes, node", "user lst, list"})
    void mistypedWordsGetASuggestion(String words, String meant) {
        Result result = run(words.split(" ", -1));
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).contains(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user add UNOTAKEY --handle bob",
                "user show UNOTAKEY",
                "user add " + ENDPOINT + " --handle b!b",
                "user add " + ENDPOINT,
                "room show a.b --identity x",
                "room invite --identity x team UNOTAKEY",
                "room list",
                "room list --identity x --url 127.0.0.1:8420",
                "room list --identity x --url localhost",
                "room list --identity x --url ftp://localhost",
                "room list --identity x --url http:",
                "request GET /rooms/news",
                "request --identity x GET",
                "node --http nowhere",
                "node --http 0.0.0.0:1",
                "node --op-timeout 2",
                "user",
                "room"
            })
    void wrongUseEndsWithTwo(String words) {
        Result result = run(words.split(" ", -1));
        assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).startsWith("unibus: ").doesNotContain("Exception");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void seedGivenForAnEndpointIsNotRepeated() {
        String seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
        Result result = run("user", "add", seed, "--handle", "bob");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).doesNotContain(seed).contains("seed");
    }

    @Test
    void versionIsOneLineOrJson() {
        assertThat(run("version").out()).startsWith("unibus ").hasLineCount(1);
        JsonObject json = run("version", "--json").json();
        assertThat(json.requiredString("unibus")).isNotEmpty();
        assertThat(json.requiredString("nats_server")).isNotEmpty();
        assertThat(json.requiredString("java")).isNotEmpty();
        json.refuseUnknownFields();
    }

    @Test
    void flagsAreATableOrJson() {
        assertThat(run("flags").out()).startsWith("FLAG").hasLineCount(4);
        assertThat(run("flags", "--json").array())
                .extracting(flag -> flag.requiredString("flag"))
                .containsExactly("decentralized", "bus-auth", "bus-tls");
    }

    @Test
    void flagsThatAreNotAsDeclaredFailTheCheck() throws IOException {
        Path asDeclared = Files.writeString(
                directory.resolve("declared.properties"), "bus-auth = enforce\nstore = kv\ntls = auto\n");
        assertThat(run("flags", "--config", asDeclared.toString(), "--check").exitCode())
                .isZero();
        Path config =
                Files.writeString(directory.resolve("soft.properties"), "bus-auth = soft\nstore = kv\ntls = auto\n");
        assertThat(run("flags", "--config", config.toString()).exitCode()).isZero();
        Result differs = run("flags", "--config", config.toString(), "--check");
        assertThat(differs.exitCode()).isEqualTo(1);
        assertThat(differs.out()).hasLineCount(4);
        assertThat(differs.err()).contains("bus-auth is soft, declared enforce");
    }

    @Test
    void identityIsMadeOnceAndShown() {
        String file = directory.resolve("alice.seed").toString();
        Result made = run("identity", "new", file, "--json");
        assertThat(made.exitCode()).isZero();
        String endpoint = made.json().requiredString("endpoint");
        assertThat(run("identity", "show", file).out()).isEqualTo(endpoint + System.lineSeparator());
        assertThat(run("identity", "show", file, "--json").json().requiredString("endpoint"))
                .isEqualTo(endpoint);
        Result again = run("identity", "new", file);
        assertThat(again.exitCode()).isEqualTo(78);
        assertThat(again.out()).isEmpty();
    }

    @Test
    void usersAreKeptInTheStoreOfTheHost() {
        String dataDir = directory.resolve("data").toString();
        Result before = run("user", "list", "--data-dir", dataDir);
        assertThat(before.exitCode()).isEqualTo(78);
        assertThat(before.err()).contains("there is no store in");

        Result added = run("user", "add", ENDPOINT, "--handle", "alice", "--admin", "--data-dir", dataDir, "--json");
        assertThat(added.exitCode()).as(added.err()).isZero();
        assertThat(added.err()).contains("created a new store in " + dataDir);
        assertThat(added.json().requiredString("role")).isEqualTo("admin");
        assertThat(run("user", "list", "--data-dir", dataDir).out())
                .startsWith("ENDPOINT")
                .contains("alice");
        assertThat(run("user", "list", "--data-dir", dataDir, "--json").array()).hasSize(1);
        Result shown = run("user", "show", ENDPOINT, "--data-dir", dataDir, "--json");
        assertThat(shown.json().requiredString("handle")).isEqualTo("alice");

        Result twice = run("user", "add", ENDPOINT, "--handle", "alice", "--data-dir", dataDir);
        assertThat(twice.exitCode()).isEqualTo(1);
        assertThat(twice.err()).contains("(user-exists)").doesNotContain("created");
        Result last = run("user", "revoke", ENDPOINT, "--data-dir", dataDir);
        assertThat(last.exitCode()).isEqualTo(1);
        assertThat(last.err()).contains("(last-admin)");
    }

    @Test
    void nodeThatCannotBeReachedIsUnavailable() {
        String file = directory.resolve("alice.seed").toString();
        run("identity", "new", file);
        Result result = run("room", "list", "--identity", file, "--url", "http://127.0.0.1:1");
        assertThat(result.exitCode()).isEqualTo(69);
        assertThat(result.err()).contains("http://127.0.0.1:1");
    }

    private static Stream<CommandLine> withSubcommands(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(CliTest::withSubcommands));
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
