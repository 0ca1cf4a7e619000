package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ClientException;
import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.OutcomeUnknownException;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.UserRole;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * One node is left without the two others, who may well go on: it says no to everybody, over HTTP and in process, and
 * recovers by itself.
 */
final class QuorumLossIT {
    private static final int DECIDERS = 16;
    private static final int DECISIONS_PER_SECOND = 200;
    private static final int LONELY = 1;

    /** On a busy machine, beyond the time-out of an operation. */
    private static final Duration SCHEDULING = Duration.ofSeconds(1);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity admin = Identity.generate(Randoms.secure(random));
    private final Identity revoked = Identity.generate(Randoms.secure(random));
    private final History history = new History();
    private final History storeHistory = new History();

    @Test
    void whenTheTwoOthersAreKilledNobodyIsAdmitted() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        loseTwo(cluster, new FaultRound(cluster, FaultKind.KILL_HOST, cluster.others(cluster.node(LONELY))), false);
    }

    @Test
    void whenTheTwoOthersArePausedNobodyIsAdmitted() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        loseTwo(cluster, new FaultRound(cluster, FaultKind.PAUSE_HOST, cluster.others(cluster.node(LONELY))), false);
    }

    @Test
    void whenItIsCutOffNobodyIsAdmittedAlthoughTheMajorityGoesOn() {
        Cluster cluster =
                scenario.aCluster().withNodes(3).withPartitions().start().awaitReady();
        loseTwo(cluster, new FaultRound(cluster, FaultKind.ISOLATE, List.of(cluster.node(LONELY))), true);
    }

    private void loseTwo(Cluster cluster, FaultRound round, boolean majorityGoesOn) {
        cluster.addAdmin(admin.endpoint());
        ControlPlaneClient.of(cluster.node(1).url(), admin)
                .addUser(new AddUserRequest(revoked.endpoint(), new Handle("revoked"), UserRole.MEMBER));
        AtomicBoolean over = new AtomicBoolean();
        ClusterNode lonely = cluster.node(LONELY);
        try (Workers deciders = new Workers();
                StoreOfNode store = StoreOfNode.of(cluster, lonely)) {
            IntStream.range(0, DECIDERS).forEach(i -> {
                deciders.begin(() -> repeat(over, overHttp(lonely, i)));
                deciders.begin(() -> repeat(over, inProcess(store, i)));
            });
            Await.pause(Duration.ofSeconds(1));
            Fault fault = round.run(() -> {
                if (majorityGoesOn) {
                    revokeOn(cluster);
                }
                Await.pause(Judge.REVOCATION_BOUND.plus(Settings.quorumLoss()));
            });
            over.set(true);
            deciders.awaitEnd(Duration.ofSeconds(30));
            judge("HTTP", history, fault, "503 quorum-unconfirmed");
            judge("the store in process", storeHistory, fault, StoreOfNode.REFUSED);
            requireService(cluster, majorityGoesOn);
            Await.until("the store in process to answer", Cluster.RECOVERY_LIMIT, store::isServing);
            assertThat(store.isActive(revoked.endpoint()))
                    .as("the store says that the user is active")
                    .isEqualTo(!majorityGoesOn);
        }
    }

    /** Repeats a revocation whose outcome is unknown, as when the leader that it was sent to is cut off: it is the same twice. */
    private void revokeOn(Cluster cluster) {
        ClusterClient client = new ClusterClient(
                List.of(cluster.node(2).url(), cluster.node(3).url()), admin, 1, Duration.ofSeconds(20), new History());
        Await.until("the revocation", Cluster.RECOVERY_LIMIT, () -> {
            try {
                client.ask("revoke", revoked.endpoint(), node -> node.revokeUser(revoked.endpoint()));
                return true;
            } catch (OutcomeUnknownException e) {
                return false;
            }
        });
    }

    /** Half of them ask as the user for what every user may, half as the admin for what only admins may. */
    private Runnable overHttp(ClusterNode node, int number) {
        Identity identity = number % 2 == 0 ? revoked : admin;
        ClusterClient client = ClusterClient.ofOne(node, identity, history);
        Endpoint caller = identity.endpoint();
        return () -> {
            try {
                client.askOnce(
                        "decision",
                        caller,
                        api -> number % 2 == 0 ? api.roomsOf(caller) : api.user(revoked.endpoint()));
            } catch (ClientException e) {
                // the history has it
            }
        };
    }

    /** Half of them ask whether there is an admin, half for the user. */
    private Runnable inProcess(StoreOfNode store, int number) {
        Endpoint user = revoked.endpoint();
        return () -> {
            if (number % 2 == 0) {
                store.askForAdmin(user, storeHistory);
            } else {
                store.askForUser(user, storeHistory);
            }
        };
    }

    private static void repeat(AtomicBoolean over, Runnable decision) {
        long period = Duration.ofSeconds(1).toNanos() * DECIDERS / DECISIONS_PER_SECOND;
        long next = System.nanoTime();
        while (!over.get()) {
            decision.run();
            next = Math.max(next + period, System.nanoTime() - period);
            Await.pause(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
        }
    }

    private static void judge(String asked, History history, Fault fault, String refusal) {
        history.add(fault);
        List<Operation> late = history.operations().stream()
                .filter(operation -> operation.begin() - fault.struck() > Judge.REVOCATION_BOUND.toNanos()
                        && operation.end() - fault.healing() < 0)
                .toList();
        long longest = late.stream()
                .mapToLong(operation -> operation.end() - operation.begin())
                .max()
                .orElse(0);
        long lastYes = history.operations().stream()
                .filter(operation -> operation.isOk() && operation.end() - fault.healing() < 0)
                .mapToLong(operation -> operation.end() - fault.struck())
                .max()
                .orElse(0);
        System.out.printf(
                "QuorumLossIT: %s: %s: last yes %d ms after it; then %d answers in %d ms, the slowest after %d ms;"
                        + " all ready %d ms after healing%n",
                fault.kind(),
                asked,
                lastYes / 1_000_000,
                late.size(),
                (fault.healing() - fault.struck() - Judge.REVOCATION_BOUND.toNanos()) / 1_000_000,
                longest / 1_000_000,
                (fault.recovered() - fault.healing()) / 1_000_000);
        assertThat(late).as("decisions without a quorum").isNotEmpty();
        assertThat(late).extracting(Operation::answer).containsOnly(refusal);
        assertThat(new Judge(history).admittedWithoutQuorum()).isEmpty();
        assertThat(Duration.ofNanos(longest)).as("slowest answer").isLessThan(Judge.OP_TIMEOUT.plus(SCHEDULING));
    }

    private void requireService(Cluster cluster, boolean isRevoked) {
        for (ClusterNode node : cluster.nodes()) {
            ControlPlaneClient client = ControlPlaneClient.of(node.url(), admin);
            assertThat(client.user(revoked.endpoint()).isActive())
                    .as("%s says that the user is active", node)
                    .isEqualTo(!isRevoked);
        }
    }
}
