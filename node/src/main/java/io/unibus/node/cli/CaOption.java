package io.unibus.node.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --ca}: by what a command knows a node, over HTTP or on the bus. */
final class CaOption {
    @Option(
            names = "--ca",
            paramLabel = "CERT",
            defaultValue = "${env:UNIBUS_CA}",
            description = "Certificate, as PEM, that the node's must be signed with, as `unibus ca` prints it. Default:"
                    + " UNIBUS_CA, or what Java trusts; a node that runs on this host in the data directory is known by"
                    + " itself.")
    private @Nullable Path file;

    Optional<Path> file() {
        return Optional.ofNullable(file).filter(path -> !path.toString().isEmpty());
    }
}
