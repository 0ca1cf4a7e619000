package io.unibus.node.cli;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that asks a node over HTTP in the name of a peer. */
abstract class PeerCommand extends BaseCommand {
    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:UNIBUS_URL}",
            converter = Converters.ToNodeUrl.class,
            description = "The node to ask. Default: UNIBUS_URL, or the node that runs in UNIBUS_DATA_DIR or"
                    + " ./unibus-data, or http://127.0.0.1:8420.")
    private @Nullable URI url;

    @Option(
            names = "--identity",
            paramLabel = "FILE",
            defaultValue = "${env:UNIBUS_IDENTITY:-}",
            description = "Whose seed to act with, as made by `unibus identity new`. Default: UNIBUS_IDENTITY.")
    private @Nullable Path identityFile;

    @Mixin
    private final CaOption ca = new CaOption();

    @Override
    public final void run() {
        if (identityFile == null || identityFile.toString().isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "who asks? Give --identity FILE, or make one with `unibus identity new FILE`");
        }
        Identity identity = Identity.load(identityFile);
        Path dataDir = Path.of(System.getenv().getOrDefault("UNIBUS_DATA_DIR", "unibus-data"));
        NodeAddress node = NodeAddress.of(Optional.ofNullable(url), dataDir, ca);
        run(identity, ControlPlaneClient.of(node.url(), identity, node.trust()));
    }

    abstract void run(Identity identity, ControlPlaneClient client);
}
