package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.UserRole;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three nodes go from bus-auth off over soft to enforce, one after the other, while a user works with them. */
final class ModeRolloutIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity admin = newIdentity();
    private final Identity alice = newIdentity();
    private final Identity revoked = newIdentity();
    private final Identity stranger = newIdentity();

    private Identity newIdentity() {
        return Identity.generate(Randoms.secure(random));
    }

    @Test
    void softNamesWhomEnforceRefusesAndNobodyElseIsDisturbed() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        cluster.awaitReplicas(3);
        cluster.addAdmin(admin.endpoint());
        ControlPlaneClient api = ControlPlaneClient.of(cluster.node(1).url(), admin);
        api.addUser(new AddUserRequest(alice.endpoint(), new Handle("alice"), UserRole.MEMBER));
        api.addUser(new AddUserRequest(revoked.endpoint(), new Handle("mallory"), UserRole.MEMBER));
        api.revokeUser(revoked.endpoint());
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger requests = new AtomicInteger();
        try (Workers workers = new Workers();
                BusMember member = BusMember.of(cluster.node(1).nats(), alice)) {
            workers.begin(() -> work(cluster, over, requests));
            restartAll(cluster, "soft");
            assertThat(reasonsOfDenial(cluster.node(1))).isEmpty();
            knock(cluster.node(1), true);
            Await.until(
                    "all of them to be named",
                    LIMIT,
                    () -> reasonsOfDenial(cluster.node(1))
                            .equals(Set.of("signature-missing", "user-revoked", "user-unknown")));
            restartAll(cluster, "enforce");
            knock(cluster.node(1), false);
            Await.until("the member to be back", LIMIT, member::isConnected);
            over.set(true);
            workers.awaitEnd(LIMIT.plus(PATIENCE));
        }
        System.out.printf("ModeRolloutIT: %d requests, all of them answered in the end%n", requests.get());
        assertThat(requests).hasPositiveValue();
    }

    /** One request after the other, each of which may be repeated but must succeed. */
    private void work(Cluster cluster, AtomicBoolean over, AtomicInteger requests) {
        ClusterClient client = new ClusterClient(cluster.urls(), alice, 1, PATIENCE, new History());
        while (!over.get()) {
            client.ask("rooms", alice.endpoint(), node -> node.roomsOf(alice.endpoint()));
            requests.incrementAndGet();
            Await.pause(Duration.ofMillis(20));
        }
    }

    private void restartAll(Cluster cluster, String mode) {
        for (ClusterNode node : cluster.nodes()) {
            node.stop();
            node.option("--bus-auth", mode).restart();
            if (node.number() < cluster.size()) {
                Await.until(
                        "the difference to be told", LIMIT, () -> problems(node).contains("bus-auth"));
            }
        }
        cluster.awaitRecovered();
        for (ClusterNode node : cluster.nodes()) {
            Await.until("no difference to be told", LIMIT, () -> !problems(node).contains("bus-auth"));
        }
    }

    /** Clients of each kind that is not to be let in log in; whether they are. */
    private void knock(ClusterNode node, boolean letIn) {
        try (BusMember unknown = BusMember.of(node.nats(), stranger);
                BusMember notAnyMore = BusMember.of(node.nats(), revoked);
                BusMember nobody = BusMember.withoutIdentity(node.nats())) {
            for (BusMember member : List.of(unknown, notAnyMore, nobody)) {
                Await.until("an answer to a login", LIMIT, () -> letIn ? member.isConnected() : member.isClosed());
            }
        }
    }

    private static String problems(ClusterNode node) {
        return String.join(
                "\n",
                Http.get(node.url(), "/status")
                        .json()
                        .object("cluster")
                        .orElseThrow()
                        .strings("problems"));
    }

    private static Set<String> reasonsOfDenial(ClusterNode node) {
        Set<String> reasons = new TreeSet<>();
        for (JsonObject denial : Http.get(node.url(), "/status").json().objects("denials")) {
            reasons.add(denial.requiredString("reason"));
        }
        return reasons;
    }
}
