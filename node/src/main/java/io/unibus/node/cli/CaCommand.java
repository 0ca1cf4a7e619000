package io.unibus.node.cli;

import io.unibus.node.bus.ClusterAuthority;
import io.unibus.node.bus.ClusterKey;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code unibus ca}. */
@Command(
        name = "ca",
        description =
                "Print the certificate of the authority that signs those of all nodes of a cluster which run with --tls auto:"
                        + " what clients trust with --ca. It is derived from the cluster's key, and no secret. Its"
                        + " SHA-256 fingerprint goes to standard error.",
        footer = {
            "",
            "Examples:",
            "  unibus ca > ca.pem",
            "  unibus ca --cluster-key cluster.key > ca.pem",
            "  unibus status --url https://10.0.0.2:8420 --ca ca.pem --identity admin.seed"
        })
final class CaCommand extends BaseCommand {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "${env:UNIBUS_DATA_DIR:-./unibus-data}",
            description = "Data directory of a node on this host. Default: UNIBUS_DATA_DIR, or ./unibus-data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path dataDir;

    @Option(
            names = "--cluster-key",
            paramLabel = "FILE",
            defaultValue = "${env:UNIBUS_CLUSTER_KEY}",
            description = "The cluster's key. Default: UNIBUS_CLUSTER_KEY, or that of the node in --data-dir.")
    private @Nullable Path clusterKey;

    @Override
    public void run() {
        Path file = Optional.ofNullable(clusterKey).orElseGet(this::keyOfNode);
        if (!Files.exists(file)) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    "there is no cluster key " + file
                            + ": name the data directory of a node that was started before, with"
                            + " --data-dir, or the key itself, with --cluster-key");
        }
        ClusterAuthority authority = ClusterAuthority.of(ClusterKey.loadExisting(file));
        out().print(authority.certificatePem());
        out().flush();
        spec.commandLine().getErr().println("SHA-256 " + authority.fingerprint());
    }

    private Path keyOfNode() {
        return DataDirectory.findRunning(dataDir)
                .map(DataDirectory.RunningNode::clusterKey)
                .orElseGet(() -> dataDir.resolve("cluster.key"));
    }
}
