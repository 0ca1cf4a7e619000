package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** All nodes are restarted under load: one after the other, and all at once. */
final class RollingRestartIT {
    private static final int CLIENTS = 4;
    /** One request that its node gives up after its time, and another that needs as long. */
    private static final Duration CURE_LIMIT = Judge.OP_TIMEOUT.multipliedBy(2);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();

    @Test
    void whileNodesAreRestartedOneByOneARetryCuresEveryError() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        cluster.awaitReplicas(3);
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            for (int round = 0; round < Settings.rounds(); round++) {
                for (ClusterNode node : cluster.nodes()) {
                    Await.pause(Duration.ofSeconds(1));
                    workload.history().add(new FaultRound(cluster, FaultKind.STOP, List.of(node)).run(Duration.ZERO));
                }
            }
            workload.stop();
            List<String> violations = Judge.violations(workload);
            long unknown = workload.history().operations().stream()
                    .filter(operation -> operation.answer().startsWith(Operation.UNANSWERED))
                    .count();
            System.out.printf(
                    "RollingRestartIT: operations %d, longest cure %d ms, without an answer %d, violations %d%n",
                    workload.history().operations().size(),
                    workload.history().longestCure().toMillis(),
                    unknown,
                    violations.size());
            WriteGaps.of(workload).print();
            assertThat(violations).isEmpty();
            assertThat(workload.history().longestCure())
                    .as("longest cure: %s", workload.history().longestCured())
                    .isLessThan(CURE_LIMIT);
        }
    }

    @Test
    void afterAllWereStoppedOrKilledAtOnceNothingIsMissing() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        cluster.awaitReplicas(3);
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            for (FaultKind kind : List.of(FaultKind.KILL_HOST, FaultKind.KILL_JVM)) {
                Await.pause(Duration.ofSeconds(2));
                report("all at once: " + kind, new FaultRound(cluster, kind, cluster.nodes()).run(Duration.ZERO));
            }
            Await.pause(Duration.ofSeconds(2));
            cluster.stop();
            long begin = System.nanoTime();
            cluster.start();
            cluster.awaitReady();
            cluster.awaitRecovered();
            report("all at once: STOP", System.nanoTime() - begin);
            workload.stop();
            assertThat(Judge.violations(workload)).isEmpty();
        }
    }

    private static void report(String what, Fault fault) {
        report(what, fault.recovered() - fault.healing());
    }

    private static void report(String what, long nanos) {
        System.out.printf("RollingRestartIT: %s, ready again after %d ms%n", what, nanos / 1_000_000);
    }
}
