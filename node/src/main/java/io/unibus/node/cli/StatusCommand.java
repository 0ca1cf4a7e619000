package io.unibus.node.cli;

import io.unibus.client.Identity;
import io.unibus.client.StatusClient;
import io.unibus.node.host.ExitCode;
import io.unibus.protocol.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code unibus status}: what one node says of itself and of its cluster. */
@Command(
        name = "status",
        description =
                "Show the state of a node and, in a cluster, of all its nodes and buckets: leaders, replicas and how"
                        + " far they are behind, and how many more nodes may fail. Exit code 69 when the node is not ready.",
        footer = {
            "",
            "Examples:",
            "  unibus status",
            "  unibus status --data-dir /var/lib/unibus --json",
            "  unibus status --denials",
            "  unibus status --url https://10.0.0.2:8420 --ca ca.pem --identity admin.seed"
        })
final class StatusCommand extends BaseCommand implements Callable<Integer> {
    @Option(
            names = "--url",
            paramLabel = "URL",
            converter = Converters.ToNodeUrl.class,
            description = "The node to ask. Default: the one that runs in --data-dir, or http://127.0.0.1:8420.")
    private @Nullable URI url;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "${env:UNIBUS_DATA_DIR:-./unibus-data}",
            description = "Data directory of a node on this host. Default: UNIBUS_DATA_DIR, or ./unibus-data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path dataDir;

    @Option(
            names = "--identity",
            paramLabel = "FILE",
            description = "Seed file of an admin; needed to ask a node on another host.")
    private @Nullable Path identity;

    @Mixin
    private final CaOption ca = new CaOption();

    @Option(
            names = "--denials",
            description = "Show too whom the node would refuse, or has refused, and why, since it was started.")
    private boolean denials;

    @Option(names = "--json", description = "Print the node's answer as it is.")
    private boolean json;

    @Override
    public Integer call() {
        NodeAddress asked = NodeAddress.of(Optional.ofNullable(url), dataDir, ca);
        byte[] answer = new StatusClient(
                        asked.url(), Optional.ofNullable(identity).map(Identity::load), asked.trust())
                .status();
        JsonObject status = JsonObject.parse(answer);
        if (json) {
            out().println(new String(answer, StandardCharsets.UTF_8));
        } else {
            printNode(status);
            status.object("cluster").ifPresent(this::printCluster);
            if (denials) {
                printDenials(status);
            }
        }
        return (status.requiredBoolean("ready") ? ExitCode.OK : ExitCode.UNAVAILABLE).code();
    }

    private void printNode(JsonObject status) {
        JsonObject node = status.object("node").orElseThrow();
        JsonObject store = status.object("store").orElseThrow();
        Table table = new Table("NODE", "READY", "VERSION", "STORE", "REPLICAS", "STARTED");
        table.row(
                node.requiredString("name"),
                status.requiredBoolean("ready") ? "yes" : "no",
                node.requiredString("version"),
                store.requiredString("kind"),
                store.requiredLong("replicas"),
                node.requiredInstant("started_at"));
        table.print(out());
        status.object("tls").ifPresent(this::printCertificate);
        status.stringMap("checks").forEach((name, result) -> {
            if (!result.equals("ok")) {
                out().println("not ok: " + name + ": " + result);
            }
        });
    }

    private void printCertificate(JsonObject tls) {
        out().println("TLS " + tls.requiredString("mode") + ", certificate until "
                + tls.requiredInstant("certificate_expires_at"));
        tls.strings("problems").forEach(problem -> out().println("not ok: tls: " + problem));
    }

    private void printCluster(JsonObject cluster) {
        out().println();
        out().println("Cluster " + cluster.requiredString("name") + ": " + tolerance(cluster));
        cluster.strings("problems").forEach(problem -> out().println("  " + problem));
        out().println();
        Table nodes = new Table("NODE", "SEEN", "VERSION", "BUS-AUTH", "HTTP", "STARTED");
        for (JsonObject node : cluster.objects("nodes")) {
            nodes.row(
                    node.requiredString("name"),
                    node.requiredBoolean("alive") ? "now" : "not now",
                    node.string("version").orElse("-"),
                    node.string("bus_auth").orElse("-"),
                    node.string("http").orElse("-"),
                    node.string("started_at").orElse("-"));
        }
        nodes.print(out());
        out().println();
        Table buckets = new Table("BUCKET", "LEADER", "QUORUM", "REPLICAS");
        for (JsonObject bucket : cluster.objects("buckets")) {
            buckets.row(
                    bucket.requiredString("name"),
                    bucket.string("leader").orElse("none"),
                    bucket.requiredBoolean("quorum") ? "yes" : "NO",
                    replicas(bucket.objects("replicas")));
        }
        buckets.print(out());
    }

    private void printDenials(JsonObject status) {
        out().println();
        List<JsonObject> all = status.objects("denials");
        if (all.isEmpty()) {
            out().println("No denials with bus-auth " + status.requiredString("bus_auth") + " since the node's start.");
            return;
        }
        Table table = new Table("ENDPOINT", "DOOR", "REASON", "COUNT", "LAST");
        for (JsonObject denial : all) {
            table.row(
                    denial.string("endpoint").orElse("-"),
                    denial.requiredString("door"),
                    denial.requiredString("reason"),
                    denial.requiredLong("count"),
                    denial.requiredInstant("last"));
        }
        table.print(out());
    }

    private static String tolerance(JsonObject cluster) {
        if (!cluster.requiredBoolean("quorum")) {
            return "NO QUORUM: every decision is denied until more nodes are back";
        }
        long more = cluster.requiredLong("failure_tolerance");
        return more == 0
                ? "works, and the loss of one more node stops it"
                : "works, and survives the loss of " + more + (more == 1 ? " more node" : " more nodes");
    }

    private static String replicas(List<JsonObject> replicas) {
        return replicas.stream().map(StatusCommand::replica).collect(Collectors.joining(", "));
    }

    private static String replica(JsonObject replica) {
        String name = replica.requiredString("name");
        if (replica.requiredBoolean("offline")) {
            return name + " (offline)";
        }
        long lag = replica.requiredLong("lag");
        return name + (replica.requiredBoolean("current") && lag == 0 ? "" : " (behind by " + lag + ")");
    }
}
