package io.unibus.node.cli;

import io.unibus.node.bus.ClusterKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code unibus cluster-key}. */
@Command(
        name = "cluster-key",
        description =
                "Make the secret that the nodes of one cluster share, in FILE (mode 0600, never over a file). Copy it"
                        + " to each host, as DATA/cluster.key or named with --cluster-key. Whoever has it is a node.",
        footer = {"", "Example:", "  unibus cluster-key cluster.key"})
final class ClusterKeyCommand extends BaseCommand {
    @Parameters(paramLabel = "FILE", description = "Where the secret goes.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path file;

    @Override
    public void run() {
        ClusterKey.createNew(file.toAbsolutePath(), new SecureRandom());
        out().println("cluster key written to " + file);
    }
}
