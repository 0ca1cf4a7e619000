package io.unibus.node.http;

import io.undertow.util.StatusCodes;
import io.unibus.node.bus.Bus;
import io.unibus.node.host.NodeInfo;
import io.unibus.protocol.JsonWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.inject.Inject;

/** The routes for those who run the node: health, status, metrics, the console and the description of the API. */
final class Operations {
    private final NodeInfo info;
    private final Bus bus;
    private final Readiness readiness;
    private final HttpMetrics metrics;

    @Inject
    Operations(NodeInfo info, Bus bus, Readiness readiness, HttpMetrics metrics) {
        this.info = info;
        this.bus = bus;
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
                store.field("replicas", 1);
            });
            json.object("nats", this::writeBus);
            json.field("bus_auth", "off");
        });
    }

    Answer metrics(Request request) {
        return Answer.text("text/plain; version=0.0.4", metrics.scrape());
    }

    Answer console(Request request) {
        return Console.page(info, bus, readiness.report());
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
        bus.childPid().ifPresent(pid -> json.field("pid", pid));
        bus.monitoringUrl().ifPresent(url -> json.field("monitoring", url));
    }

    private static void writeChecks(JsonWriter json, Map<String, String> results) {
        json.object("checks", checks -> {
            for (Map.Entry<String, String> check : results.entrySet()) {
                checks.field(check.getKey(), check.getValue());
            }
        });
    }
}
