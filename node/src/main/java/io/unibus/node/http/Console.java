package io.unibus.node.http;

import io.unibus.bootstrap.ClusterState;
import io.unibus.node.bus.Bus;
import io.unibus.node.cluster.ClusterKeeper;
import io.unibus.node.host.NodeInfo;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The page at {@code /}: the state of this node for a person with a browser. No scripts. */
final class Console {
    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="refresh" content="5">
            <title>%1$s - unibus</title>
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
            body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
            table { border-collapse: collapse; width: 100%%; }
            th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
            th { width: 10rem; font-weight: 500; } code { font-size: .95em; overflow-wrap: anywhere; }
            .good { color: #17803d; } .bad { color: #c02626; font-weight: 600; }
            @media (prefers-color-scheme: dark) { .good { color: #4ade80; } .bad { color: #f87171; } }
            </style>
            </head>
            <body>
            <h1>%1$s <span class="%2$s">%3$s</span></h1>
            <h2>Checks</h2>
            <table>%4$s</table>
            <h2>Node</h2>
            <table>%5$s</table>
            %6$s
            <p><a href="/status">status</a>, <a href="/metrics">metrics</a>, <a href="/openapi.yaml">API description</a></p>
            </body>
            </html>
            """;

    private Console() {}

    static Answer page(NodeInfo info, Bus bus, Optional<ClusterKeeper> cluster, Readiness.Report report) {
        StringBuilder checks = new StringBuilder();
        for (Map.Entry<String, String> check : report.details().entrySet()) {
            boolean good = Readiness.OK.equals(check.getValue());
            checks.append(row(
                    check.getKey(),
                    "<span class=\"" + (good ? "good" : "bad") + "\">" + escape(check.getValue()) + "</span>"));
        }
        String node = row("Version", code(info.version()))
                + row("Started", code(info.startedAt().toString()))
                + row("Process", code(Long.toString(info.pid())))
                + row("Store", code(info.store()))
                + row("Bus", code(bus.clientUrl()))
                + row(
                        "nats-server",
                        code(bus.serverVersion()) + " " + escape(bus.state()) + ", restarts: " + bus.restarts());
        String html = PAGE.formatted(
                escape(info.name()),
                report.isReady() ? "good" : "bad",
                report.isReady() ? "ready" : "not ready",
                checks,
                node,
                cluster.map(Console::cluster).orElse(""));
        return Answer.text("text/html", html)
                .withHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    }

    private static String cluster(ClusterKeeper keeper) {
        ClusterState state = keeper.state();
        StringBuilder rows = new StringBuilder();
        rows.append(row("Nodes", names(keeper)));
        rows.append(row("May still fail", code(Integer.toString(state.tolerance()))));
        for (String problem : keeper.problems()) {
            rows.append(row("Problem", "<span class=\"bad\">" + escape(problem) + "</span>"));
        }
        for (ClusterState.BucketState bucket : state.buckets()) {
            rows.append(row(bucket.bucket().bucketName(), replicas(bucket)));
        }
        return "<h2>Cluster</h2><table>" + rows + "</table>";
    }

    private static String names(ClusterKeeper keeper) {
        return keeper.nodes().stream().map(node -> code(node.name())).collect(Collectors.joining(", "));
    }

    private static String replicas(ClusterState.BucketState bucket) {
        String list = bucket.replicas().stream()
                .map(replica -> code(replica.server())
                        + (replica.leader() ? " leads" : "")
                        + (replica.current() ? "" : " <span class=\"bad\">is missing</span>")
                        + (replica.lag() == 0 ? "" : " is behind by " + replica.lag()))
                .collect(Collectors.joining(", "));
        return bucket.quorum() ? list : "<span class=\"bad\">no quorum</span> " + list;
    }

    private static String row(String name, String html) {
        return "<tr><th>" + escape(name) + "</th><td>" + html + "</td></tr>";
    }

    private static String code(String text) {
        return "<code>" + escape(text) + "</code>";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
