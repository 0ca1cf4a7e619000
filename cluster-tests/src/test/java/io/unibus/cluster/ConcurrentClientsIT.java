package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import io.unibus.store.sqlite.SqliteStore;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients change the same rooms at once. */
final class ConcurrentClientsIT {
    private static final int CLIENTS = 32;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Ledgers ledgers = new Ledgers();
    private final History history = new History();

    @Test
    void theStoreHoldsExactlyWhatWasAcknowledged() {
        NodeProcess node = scenario.aNode().start();
        List<Identity> identities = IntStream.range(0, CLIENTS)
                .mapToObj(i -> Identity.generate(Randoms.secure(random)))
                .toList();
        List<Endpoint> everyone = identities.stream().map(Identity::endpoint).toList();
        URI url = node.awaitReady().http();
        long deadline = System.nanoTime() + Settings.load().toNanos();
        try (Workers clients = new Workers()) {
            for (Identity identity : identities) {
                ClusterClient client = new ClusterClient(List.of(url), identity, 1, Duration.ZERO, history);
                Random own = new Random(random.nextLong());
                clients.begin(new CrowdClient(
                        client,
                        everyone,
                        ledgers,
                        CrowdClient.Habits.RESTLESS,
                        own,
                        () -> System.nanoTime() - deadline < 0));
            }
            clients.awaitEnd(Settings.load().plusSeconds(30));
        }
        node.stop();
        report();
        try (SqliteStore store = SqliteStore.open(node.dataDirectory().resolve("unibus.db"), Duration.ofSeconds(5))) {
            ledgers.check(new StoreView(store), everyone);
        }
    }

    private void report() {
        List<Operation> operations = history.operations();
        assertThat(operations).noneMatch(Operation::isUnavailable);
        System.out.printf(
                "ConcurrentClientsIT: %d clients, %d rooms, %d answers a second%n",
                CLIENTS, ledgers.size(), operations.size() / Settings.load().toSeconds());
        history.answers().forEach((answer, count) -> System.out.printf("  %8d %s%n", count, answer));
    }
}
