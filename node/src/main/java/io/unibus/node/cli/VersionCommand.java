package io.unibus.node.cli;

import io.unibus.embeddednats.NatsBinary;
import io.unibus.node.host.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code unibus version}. */
@Command(
        name = "version",
        description = "Print the versions of unibus, its nats-server and Java.",
        footer = {"", "Example:", "  unibus version --json"})
final class VersionCommand extends BaseCommand {
    @Mixin
    private final JsonOption json = new JsonOption();

    @Override
    public void run() {
        String unibus = Version.current();
        String natsServer = NatsBinary.bundled().version();
        String java = Runtime.version().toString();
        json.print(
                out(),
                fields -> {
                    fields.field("unibus", unibus);
                    fields.field("nats_server", natsServer);
                    fields.field("java", java);
                },
                () -> out().println("unibus " + unibus + " (nats-server " + natsServer + ", Java " + java + ")"));
    }
}
