package io.unibus.node.http;

import io.undertow.util.StatusCodes;
import io.unibus.bootstrap.ClusterState;
import io.unibus.bootstrap.Heartbeat;
import io.unibus.node.bus.Bus;
import io.unibus.node.cluster.ClusterKeeper;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.host.NodeInfo;
import io.unibus.node.tls.NodeTls;
import io.unibus.protocol.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.inject.Inject;

/** The routes for those who run the node: health, status, metrics, the console and the description of the API. */
final class Operations {
    private final NodeConfig config;
    private final NodeInfo info;
    private final Bus bus;
    private final NodeTls tls;
    private final Optional<ClusterKeeper> cluster;
    private final Readiness readiness;
    private final HttpMetrics metrics;
    private final DenialCounter denials;

    @Inject
    Operations(
            NodeConfig config,
            NodeInfo info,
            Bus bus,
            NodeTls tls,
            Optional<ClusterKeeper> cluster,
            Readiness readiness,
            HttpMetrics metrics,
            DenialCounter denials) {
        this.config = config;
        this.denials = denials;
        this.cluster = cluster;
        this.info = info;
        this.bus = bus;
        this.tls = tls;
        this.readiness = readiness;
        this.metrics = metrics;
    }

    /** Answers as long as the process can answer at all. */
    Answer livez(Request request) {
        return Answer.json(200, json -> json.field("status", "live"));
    }

    Answer readyz(Request request) {
        Readiness.Report report = readiness.report();
        if (!report.isReady()) {
            return new Problem(
                            StatusCodes.SERVICE_UNAVAILABLE,
                            "not-ready",
                            "This node cannot do its work; see the checks.",
                            json -> writeChecks(json, report.checks()))
                    .answer();
        }
        boolean verbose = request.query("verbose").isPresent();
        return Answer.json(200, json -> {
            json.field("status", "ready");
            if (verbose) {
                writeChecks(json, report.checks());
            }
        });
    }

    Answer status(Request request) {
        Readiness.Report report = readiness.report();
        return Answer.json(200, json -> {
            json.field("ready", report.isReady());
            writeChecks(json, report.details());
            json.object("node", node -> {
                node.field("name", info.name());
                node.field("version", info.version());
                node.field("pid", info.pid());
                node.field("started_at", info.startedAt());
            });
            json.object("store", store -> {
                store.field("kind", info.store());
                store.field("replicas", config.replicas());
            });
            json.object("nats", this::writeBus);
            cluster.ifPresent(keeper -> json.object("cluster", fields -> writeCluster(keeper, fields)));
            json.field("bus_auth", config.busAuth().toString());
            tls.report().ifPresent(shown -> json.object("tls", fields -> writeTls(shown, fields)));
            json.array("denials", denials.all(), Operations::writeDenial);
        });
    }

    Answer metrics(Request request) {
        return Answer.text("text/plain; version=0.0.4", metrics.scrape());
    }

    Answer console(Request request) {
        return Console.page(info, bus, cluster, readiness.report());
    }

    Answer openApi(Request request) {
        try (InputStream yaml = Operations.class.getResourceAsStream("openapi.yaml")) {
            if (yaml == null) {
                throw new IllegalStateException("openapi.yaml is not in the jar");
            }
            return Answer.text("application/yaml", new String(yaml.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeBus(JsonWriter json) {
        json.field("state", bus.state());
        json.field("address", bus.clientUrl());
        json.field("version", bus.serverVersion());
        json.field("restarts", bus.restarts());
        bus.peers().ifPresent(peers -> json.field("peers", peers));
        bus.waitingLogins().ifPresent(waiting -> json.field("waiting_logins", waiting));
        bus.childPid().ifPresent(pid -> json.field("pid", pid));
        bus.monitoringUrl().ifPresent(url -> json.field("monitoring", url));
    }

    private static void writeTls(NodeTls.Report report, JsonWriter json) {
        json.field("mode", report.mode().toString());
        json.field("certificate_expires_at", report.expires());
        json.strings("problems", report.problems());
    }

    private void writeCluster(ClusterKeeper keeper, JsonWriter json) {
        ClusterState state = keeper.state();
        json.field("name", config.cluster().map(NodeConfig.ClusterConfig::name).orElse(info.name()));
        json.field("as_of", state.at());
        json.field("quorum", state.buckets().stream().allMatch(ClusterState.BucketState::quorum));
        json.field("failure_tolerance", state.tolerance());
        json.field("servers", state.clusterSize());
        json.field("replicas", state.replicas());
        state.metaLeader().ifPresent(leader -> json.field("meta_leader", leader));
        json.strings("problems", keeper.problems());
        json.array("nodes", nodes(keeper, state), Operations::writeNode);
        json.array("buckets", state.buckets(), Operations::writeBucket);
    }

    /** One node, which is known from its own word, or only from the cluster's memory of its server. */
    private record NodeLine(String name, Optional<Heartbeat> heartbeat) {}

    private static List<NodeLine> nodes(ClusterKeeper keeper, ClusterState state) {
        Map<String, NodeLine> nodes = new TreeMap<>();
        state.buckets().stream()
                .flatMap(bucket -> bucket.replicas().stream())
                .map(ClusterState.ReplicaState::server)
                .forEach(name -> nodes.put(name, new NodeLine(name, Optional.empty())));
        state.servers().forEach(name -> nodes.put(name, new NodeLine(name, Optional.empty())));
        keeper.nodes().forEach(node -> nodes.put(node.name(), new NodeLine(node.name(), Optional.of(node))));
        return List.copyOf(nodes.values());
    }

    private static void writeNode(NodeLine node, JsonWriter json) {
        json.field("name", node.name());
        json.field("alive", node.heartbeat().isPresent());
        node.heartbeat().ifPresent(heartbeat -> {
            json.field("version", heartbeat.version());
            json.field("http", heartbeat.http());
            json.field("replicas", heartbeat.replicas());
            json.field("bus_auth", heartbeat.busAuth());
            json.field("started_at", heartbeat.startedAt());
        });
    }

    private static void writeBucket(ClusterState.BucketState bucket, JsonWriter json) {
        json.field("name", bucket.bucket().bucketName());
        bucket.leader().ifPresent(leader -> json.field("leader", leader));
        json.field("quorum", bucket.quorum());
        bucket.identical().ifPresent(identical -> json.field("identical", identical));
        json.array("replicas", bucket.replicas(), (replica, object) -> {
            object.field("name", replica.server());
            object.field("current", replica.current());
            object.field("offline", replica.offline());
            object.field("lag", replica.lag());
            replica.lastSequence().ifPresent(sequence -> object.field("last_sequence", sequence));
        });
    }

    private static void writeDenial(DenialCounter.Denial denial, JsonWriter json) {
        json.field("door", denial.door().key());
        denial.endpoint().ifPresent(endpoint -> json.field("endpoint", endpoint.nkey()));
        json.field("reason", denial.reason().code());
        json.field("count", denial.count());
        json.field("last", denial.last());
    }

    private static void writeChecks(JsonWriter json, Map<String, String> results) {
        json.object("checks", checks -> {
            for (Map.Entry<String, String> check : results.entrySet()) {
                checks.field(check.getKey(), check.getValue());
            }
        });
    }
}
