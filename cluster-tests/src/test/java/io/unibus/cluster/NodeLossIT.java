package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Any one node dies under load, in each of the ways in which a node can, and comes back. */
final class NodeLossIT {
    private static final List<FaultKind> KINDS =
            List.of(FaultKind.STOP, FaultKind.KILL_JVM, FaultKind.KILL_CHILD, FaultKind.KILL_HOST);
    private static final int CLIENTS = 4;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();

    @Test
    void theOthersGoOnAndNothingAcknowledgedIsLost() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        cluster.awaitReplicas(3);
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            for (int round = 0; round < Settings.rounds(); round++) {
                for (FaultKind kind : KINDS) {
                    Await.pause(Duration.ofMillis(500 + random.nextInt(1_000)));
                    Fault fault = new FaultRound(cluster, kind, List.of(cluster.anyNode(random)))
                            .run(Duration.ofMillis(1_000 + random.nextInt(5_000)));
                    workload.history().add(fault);
                    workload.requireAtWork();
                }
            }
            workload.stop();
            judge(workload);
        }
    }

    private static void judge(Workload workload) {
        List<String> violations = Judge.violations(workload);
        System.out.printf(
                "NodeLossIT: %d rounds of each, operations %d, rooms %d, users %d, longest cure %d ms, violations %d%n",
                Settings.rounds(),
                workload.history().operations().size(),
                workload.rooms(),
                workload.users().size(),
                workload.history().longestCure().toMillis(),
                violations.size());
        WriteGaps.of(workload).print(); // measured, not asserted
        assertThat(violations).isEmpty();
    }
}
