package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.ProblemException;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A single node moves into a cluster while clients change its rooms, and nobody stops it. */
final class OnlineMigrationIT {
    private static final int CLIENTS = 6;
    private static final CrowdClient.Habits HABITS =
            new CrowdClient.Habits(10, Integer.MAX_VALUE, Duration.ofMillis(10), true);
    private static final Duration BEFORE = Duration.ofSeconds(2);
    private static final Duration AFTER = Duration.ofSeconds(1);
    private static final Duration MIGRATION_LIMIT = Duration.ofMinutes(2);
    private static final String MIGRATED = "503 store-migrated";

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Ledgers ledgers = new Ledgers();
    private final History history = new History();
    private final List<Identity> identities = IntStream.range(0, CLIENTS)
            .mapToObj(i -> Identity.generate(Randoms.secure(random)))
            .toList();
    private final List<Endpoint> everyone =
            identities.stream().map(Identity::endpoint).toList();

    @Test
    void whatTheOldNodeAcknowledgedIsInTheClusterAndItAcknowledgesNothingMore() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        NodeProcess old = scenario.aNode().start();
        URI url = old.awaitReady().http();
        AtomicBoolean stop = new AtomicBoolean();
        Path database = old.dataDirectory().resolve("unibus.db");
        try (Workers clients = new Workers()) {
            begin(clients, url, stop);
            Await.pause(BEFORE);
            Unibus.Result refused = migrate(cluster, database);
            assertThat(refused.exitCode()).as(refused.errors()).isEqualTo(75);
            assertThat(refused.errors()).contains("--online");
            Unibus.Result migrated = migrate(cluster, database, "--online", "--json");
            assertThat(migrated.exitCode())
                    .as(migrated.output() + migrated.errors())
                    .isZero();
            report(migrated);
            Await.pause(AFTER);
            stop.set(true);
            clients.awaitEnd();
        }
        assertRefusesWrites(url);
        cluster.nodes().forEach(node -> ledgers.check(new NodeView(node.url(), identities), everyone));
        goOn(cluster);
        old.stop();
        Unibus.Result again = scenario.unibus()
                .run("user", "list", "--data-dir", old.dataDirectory().toString());
        assertThat(again.exitCode()).isEqualTo(78);
        assertThat(again.errors()).contains("was migrated to a cluster");
    }

    private void begin(Workers clients, URI url, AtomicBoolean stop) {
        for (Identity identity : identities) {
            ClusterClient client = new ClusterClient(List.of(url), identity, 1, Duration.ZERO, history);
            Random own = new Random(random.nextLong());
            clients.begin(new CrowdClient(client, everyone, ledgers, HABITS, own, () -> !stop.get()));
        }
    }

    private Unibus.Result migrate(Cluster cluster, Path database, String... more) {
        ClusterNode node = cluster.node(1 + random.nextInt(cluster.size()));
        ProcessBuilder builder = scenario.unibus()
                .builder(List.of(
                        "migrate-to-kv",
                        "--db",
                        database.toString(),
                        "--nats-url",
                        node.awaitReady().nats(),
                        "--cluster-key",
                        scenario.directory("cluster.key").toString()));
        builder.command().addAll(List.of(more));
        return scenario.unibus().run(builder, MIGRATION_LIMIT);
    }

    private void report(Unibus.Result migrated) {
        JsonObject json = JsonObject.parse(migrated.output().getBytes(StandardCharsets.UTF_8));
        assertThat(json.requiredLong("read_only_ms")).isPositive();
        System.out.printf(
                "OnlineMigrationIT: %d records, %d of them while writes were held up for %d ms; answers %s%n",
                json.requiredLong("written"),
                json.requiredLong("written_read_only"),
                json.requiredLong("read_only_ms"),
                history.answers());
    }

    private void assertRefusesWrites(URI url) {
        assertThat(history.operations())
                .anyMatch(operation -> operation.answer().equals(MIGRATED));
        ControlPlaneClient client = ControlPlaneClient.of(url, identities.get(0));
        CreateRoomRequest request = new CreateRoomRequest(
                Optional.of(new RoomId("late")), Optional.empty(), new RoomPolicy(false), Map.of());
        assertThatThrownBy(() -> client.createRoom(request)).isInstanceOfSatisfying(ProblemException.class, problem -> {
            assertThat(problem.code()).isEqualTo("store-migrated");
            assertThat(problem.detail()).contains("--store kv");
        });
        assertThatThrownBy(() -> client.users())
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        problem -> assertThat(problem.code()).isEqualTo("store-migrated"));
        Http.Answer ready = Http.get(url, "/readyz");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.body()).contains("has moved to a cluster");
    }

    /** The same clients with the same rooms, at the nodes of the cluster. */
    private void goOn(Cluster cluster) {
        long deadline = System.nanoTime() + AFTER.toNanos();
        try (Workers clients = new Workers()) {
            for (Identity identity : identities) {
                ClusterClient client =
                        new ClusterClient(cluster.urls(), identity, 1 + random.nextInt(cluster.size()), AFTER, history);
                Random own = new Random(random.nextLong());
                clients.begin(new CrowdClient(
                        client, everyone, ledgers, HABITS, own, () -> System.nanoTime() - deadline < 0));
            }
            clients.awaitEnd();
        }
        ledgers.check(new NodeView(cluster.node(1).url(), identities), everyone);
    }
}
