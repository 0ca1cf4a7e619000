package io.unibus.node.cli;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code unibus request}: one request of the HTTP API, signed, which curl cannot. */
@Command(
        name = "request",
        description =
                "Make one signed request of the HTTP API and print the answer as it is: JSON, or nothing. A refusal is"
                        + " printed as an error, with exit code 1.",
        footer = {
            "",
            "Examples:",
            "  unibus request --identity alice.seed GET /rooms/news",
            "  unibus request --identity alice.seed POST /rooms --data '{\"subject\": \"team.chat\", ...}'"
        })
final class RequestCommand extends PeerCommand {
    @Parameters(index = "0", paramLabel = "METHOD", description = "GET, POST or DELETE.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String method;

    @Parameters(index = "1", paramLabel = "PATH", description = "Path and query, such as /rooms/news/members.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String path;

    @Option(names = "--data", paramLabel = "JSON", defaultValue = "", description = "The body of the request.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String data;

    @Override
    void run(Identity identity, ControlPlaneClient client) {
        if (!path.startsWith("/")) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "PATH begins with a slash, such as /rooms/news; the node is named by --url");
        }
        byte[] answer = client.request(method.toUpperCase(Locale.ROOT), path, data.getBytes(StandardCharsets.UTF_8));
        if (answer.length > 0) {
            out().println(new String(answer, StandardCharsets.UTF_8));
        }
    }
}
