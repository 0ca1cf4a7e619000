package io.unibus.node.http;

import io.unibus.embeddednats.DebugMode;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.bus.Bus;
import io.unibus.node.config.BusAuth;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.StoreKind;
import io.unibus.node.config.TlsConfig;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.host.NodeInfo;
import io.unibus.node.tls.NodeTls;
import io.unibus.store.Store;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The parts of a control plane over a store of the test's choice, put together as the node does. */
final class ServerParts {
    final Bus bus;
    final HttpMetrics metrics;
    final Routes routes;
    final DenialCounter denials;
    private final NodeConfig config;
    private final Duration longestReading = Duration.ofDays(1);

    /** @param dataDir where a bus that is started keeps its files */
    ServerParts(Store store, Path dataDir) {
        this(store, dataDir, new HostPort("127.0.0.1", 0));
    }

    ServerParts(Store store, Path dataDir, HostPort http) {
        this(store, dataDir, http, List.of(), BusAuth.OFF);
    }

    ServerParts(Store store, Path dataDir, HostPort http, List<String> names, BusAuth busAuth) {
        this.config = new NodeConfig(
                dataDir,
                "node-1",
                http,
                names,
                new HostPort("127.0.0.1", 0),
                busAuth,
                TlsConfig.OFF,
                dataDir.resolve("cluster.key"),
                Optional.empty(),
                StoreKind.SQLITE,
                1,
                Duration.ofSeconds(2),
                Duration.ofMinutes(2),
                Duration.ofSeconds(2),
                DebugMode.OFF,
                Map.of());
        SecureRandom random = new SecureRandom();
        Clock clock = Clock.systemUTC();
        NodeInfo info = new NodeInfo("node-1", "1.2.3", ProcessHandle.current().pid(), clock.instant(), "sqlite");
        this.denials = new DenialCounter(clock);
        ControlPlane control = new ControlPlane(
                store,
                clock,
                System::nanoTime,
                random,
                config.opTimeout(),
                busAuth,
                denials,
                AuditLog.ofNode(dataDir, "node-1", clock));
        NodeTls tls = new NodeTls(config, clock);
        this.bus = new Bus(config, tls, random, clock, System::nanoTime, (state, reason) -> {}, denials);
        this.metrics = new HttpMetrics(info, bus, Optional.empty(), denials);
        this.routes = new Routes(
                control,
                new CallerAuthenticator(control, denials, config, clock, System::nanoTime),
                new Operations(
                        config,
                        info,
                        bus,
                        tls,
                        Optional.empty(),
                        new Readiness(store, bus, System::nanoTime, config),
                        metrics,
                        denials));
    }

    HttpServer server(HttpLimits limits) {
        return new HttpServer(
                config.http(),
                config.httpNames(),
                Optional.empty(),
                new Dispatcher(routes, metrics, System::nanoTime, limits, longestReading),
                limits);
    }
}
