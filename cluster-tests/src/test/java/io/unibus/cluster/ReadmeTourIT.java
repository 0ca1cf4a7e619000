package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.protocol.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The README's tour does what the README says, typed line by line into one shell. */
final class ReadmeTourIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int HTTP_PORT = 8420;
    private static final int NATS_PORT = 4222;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void everyCommandOfTheTourWorks() throws IOException {
        Path directory = Files.createDirectory(scenario.directory("reader"));
        Files.createSymbolicLink(directory.resolve("bin"), Unibus.root().resolve("bin"));
        NodeProcess.Builder builder = scenario.aNode().in(directory.resolve("unibus-data"));
        boolean asTyped = isFree(HTTP_PORT) && isFree(NATS_PORT);
        if (asTyped) {
            builder.http("127.0.0.1:" + HTTP_PORT).nats("127.0.0.1:" + NATS_PORT);
        }
        URI url = builder.start().awaitReady().http();

        String script =
                asTyped ? Readme.tour() : Readme.tour().replace("http://127.0.0.1:" + HTTP_PORT, url.toString());
        ProcessBuilder shell = scenario.unibus().builder(List.of()).directory(directory.toFile());
        shell.command("bash", "-euo", "pipefail", "-c", script);
        if (!asTyped) {
            shell.environment().put("UNIBUS_URL", url.toString());
        }
        Unibus.Result result = scenario.unibus().run(shell, LIMIT);

        assertThat(result.exitCode()).as(result.output() + result.errors()).isZero();
        assertThat(result.errors().lines())
                .as("what the tour says beside its answers: the warning about the admin's identity")
                .singleElement()
                .asString()
                .startsWith("unibus: keep this admin's identity out of other NATS clients");
        String bob = Identity.load(directory.resolve("bob.seed")).endpoint().nkey();
        assertThat(result.output()).contains("alice", "bob", "team.chat", bob);
        JsonObject key = JsonObject.parse(lastJson(result.output()).getBytes(StandardCharsets.UTF_8));
        assertThat(key.requiredString("endpoint")).isEqualTo(bob);
        assertThat(key.requiredLong("epoch")).as("epoch after the rekey").isEqualTo(2);
        assertThat(key.requiredString("sealed_key")).isNotEmpty();
    }

    /** The tour ends with the answer of the node to curl, which ends without a new line. */
    private static String lastJson(String output) {
        return output.substring(output.lastIndexOf('{'));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
