package io.unibus.node.cli;

import io.unibus.client.Identity;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code unibus identity}. */
@Command(
        name = "identity",
        description = "Make and show the identity of a peer: a private seed in a file, and the public endpoint.",
        subcommands = {IdentityCommand.New.class, IdentityCommand.Show.class},
        footer = {"", "Examples:", "  unibus identity new alice.seed", "  unibus identity show alice.seed"})
final class IdentityCommand extends BaseCommand {
    @Command(
            name = "new",
            description =
                    "Make a new identity, write its seed to FILE (mode 0600, never over a file) and print its endpoint. Do not"
                            + " use the identity of an admin in other NATS clients: they sign whatever a server sends them.",
            footer = {"", "Example:", "  unibus identity new alice.seed"})
    static final class New extends BaseCommand {
        @Parameters(paramLabel = "FILE", description = "Where the private seed goes. Whoever has it is this identity.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Path file;

        @Mixin
        private final JsonOption json = new JsonOption();

        @Override
        public void run() {
            printEndpoint(Identity.create(file), json, out());
        }
    }

    @Command(
            name = "show",
            description = "Print the endpoint of the identity in FILE.",
            footer = {"", "Example:", "  unibus identity show alice.seed"})
    static final class Show extends BaseCommand {
        @Parameters(paramLabel = "FILE", description = "The file that `unibus identity new` made.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Path file;

        @Mixin
        private final JsonOption json = new JsonOption();

        @Override
        public void run() {
            printEndpoint(Identity.load(file), json, out());
        }
    }

    private static void printEndpoint(Identity identity, JsonOption json, PrintWriter out) {
        String endpoint = identity.endpoint().nkey();
        json.print(out, fields -> fields.field("endpoint", endpoint), () -> out.println(endpoint));
    }
}
