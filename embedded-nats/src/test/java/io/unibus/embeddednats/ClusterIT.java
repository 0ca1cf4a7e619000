package io.unibus.embeddednats;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Servers that find each other. */
class ClusterIT {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String CONNECTED = "Route connection created";

    private final Scenario scenario = new Scenario();
    private final Map<String, Set<String>> lines = new ConcurrentHashMap<>();

    @AfterEach
    void end() throws Exception {
        scenario.close();
    }

    /** Each on an address of its own, from which its connections do not come. */
    @Test
    void serversThatKnowOnlyTheFirstConnectToEachOther() throws Exception {
        HostPort first = address("127.0.0.1");
        HostPort second = address("127.0.0.2");
        HostPort third = address("127.0.0.3");
        start("first", first, first);
        start("second", second, first);
        start("third", third, first);
        Scenario.await(
                "a route between the second and the third",
                SOON,
                () -> dialled("second", third) || dialled("third", second));
    }

    private boolean dialled(String from, HostPort to) {
        return lines.getOrDefault(from, Set.of()).stream()
                .anyMatch(line -> line.startsWith(to + " - rid:") && line.endsWith(CONNECTED));
    }

    private void start(String name, HostPort listen, HostPort route) {
        Path data = scenario.root.resolve(name);
        Set<String> said = ConcurrentHashMap.newKeySet();
        lines.put(name, said);
        ServerConfig config = ServerConfig.builder(name)
                .account(new Account("APP", false, List.of(User.password("app", Scenario.PASSWORD))))
                .cluster(new Cluster("c", listen, List.of(route), Optional.empty()))
                .build();
        NatsServer server = scenario.build(
                Scenario.builder(scenario.binary, config, data).logListener(line -> said.add(line.message())));
        server.start(Scenario.START_LIMIT);
    }

    private static HostPort address(String host) throws IOException {
        return new HostPort(host, Scenario.freeAddress().port());
    }
}
