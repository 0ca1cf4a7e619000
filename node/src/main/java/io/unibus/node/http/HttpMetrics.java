package io.unibus.node.http;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.unibus.node.bus.Bus;
import io.unibus.node.cluster.ClusterKeeper;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.control.DenialReason;
import io.unibus.node.host.NodeInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import javax.inject.Inject;
import javax.inject.Singleton;

/** What this node counts, in the Prometheus text format. Thread-safe. */
@Singleton
final class HttpMetrics {
    private static final Set<String> KNOWN_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE");
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter requests;
    private final Histogram duration;

    private final Counter unconfirmed;

    @Inject
    HttpMetrics(NodeInfo info, Bus bus, Optional<ClusterKeeper> cluster, DenialCounter denials) {
        CounterWithCallback.builder()
                .name("unibus_denials_total")
                .help(
                        "Requests and logins that bus-auth enforce refuses, or with soft would refuse, subscriptions among them, by door and reason.")
                .labelNames("door", "reason")
                .callback(counter -> callWithEach(denials, counter))
                .register(registry);
        unconfirmed = Counter.builder()
                .name("unibus_quorum_unconfirmed_total")
                .help("Requests denied because no quorum confirmed in time what the node knows.")
                .register(registry);
        cluster.ifPresent(this::watch);
        if (bus.waitingLogins().isPresent()) {
            watchLogins(bus);
        }
        requests = Counter.builder()
                .name("unibus_http_requests_total")
                .help("Requests answered, by route and status.")
                .labelNames("method", "route", "status")
                .register(registry);
        duration = Histogram.builder()
                .name("unibus_http_request_duration_seconds")
                .help("Time from the end of the request's head to the end of the answer.")
                .labelNames("method", "route")
                .classicOnly()
                .classicUpperBounds(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)
                .register(registry);
        GaugeWithCallback.builder()
                .name("unibus_nats_ready")
                .help("1 while the nats-server child answers, otherwise 0.")
                .callback(gauge -> gauge.call(bus.isReady() ? 1 : 0))
                .register(registry);
        GaugeWithCallback.builder()
                .name("unibus_nats_restarts")
                .help("Unplanned restarts of the nats-server child since the node started.")
                .callback(gauge -> gauge.call(bus.restarts()))
                .register(registry);
        Info.builder()
                .name("unibus_node_info")
                .help("What this node is.")
                .labelNames("name", "version", "store")
                .register(registry)
                .setLabelValues(info.name(), info.version(), info.store());
        GaugeWithCallback.builder()
                .name("unibus_node_start_time_seconds")
                .help("When the node started, in seconds since 1970.")
                .callback(gauge -> gauge.call(info.startedAt().toEpochMilli() / 1e3))
                .register(registry);
    }

    private static void callWithEach(DenialCounter denials, CounterWithCallback.Callback counter) {
        for (DenialCounter.Door door : DenialCounter.Door.values()) {
            for (DenialReason reason : DenialReason.values()) {
                long total = denials.total(door, reason);
                if (total > 0) {
                    counter.call((double) total, door.key(), reason.code());
                }
            }
        }
    }

    private void watchLogins(Bus bus) {
        gauge(
                "unibus_bus_connections",
                "Connections of peers to this node's bus.",
                () -> bus.peers().orElse(0));
        gauge(
                "unibus_bus_logins_waiting",
                "Logins to the bus that wait until the store answers.",
                () -> bus.waitingLogins().orElse(0));
    }

    private void watch(ClusterKeeper cluster) {
        gauge(
                "unibus_cluster_failure_tolerance",
                "How many servers can be lost now with every write still possible.",
                () -> cluster.state().tolerance());
        gauge(
                "unibus_cluster_problems",
                "What is not as it should be in the cluster, as /status lists it.",
                () -> cluster.problems().size());
        gauge(
                "unibus_nats_suspensions",
                "How often the nats-server child was ended because the node was cut off.",
                cluster::suspensions);
        gauge(
                "unibus_nats_write_restarts",
                "How often the nats-server child was started again because it could not write.",
                cluster::writeRestarts);
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(gauge -> gauge.call(value.getAsDouble()))
                .register(registry);
    }

    /** A request was denied for want of a quorum. */
    void unconfirmed() {
        unconfirmed.inc();
    }

    /** Methods that clients make up count as one, so that they cannot fill the memory with series. */
    void answered(String givenMethod, String route, int status, long nanos) {
        String method = KNOWN_METHODS.contains(givenMethod) ? givenMethod : "other";
        requests.labelValues(method, route, Integer.toString(status)).inc();
        DistributionDataPoint point = duration.labelValues(method, route);
        point.observe(nanos / NANOS_PER_SECOND);
    }

    String scrape() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(text, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // writing to memory
        }
        return text.toString(StandardCharsets.UTF_8);
    }
}
