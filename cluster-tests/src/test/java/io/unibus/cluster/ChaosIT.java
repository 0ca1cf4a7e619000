package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.TestAbortedException;

/**
 * Random faults on one or two random nodes at a time, with healing in between, under clients of all kinds. Half a minute
 * by default; long with {@code -Pchaos}.
 */
final class ChaosIT {
    private static final int CLIENTS = 5;
    private static final int NODES = 3;
    /** In which changes commit, the rooms most of all. */
    private static final List<Bucket> COMMITTING =
            List.of(Bucket.ROOMS, Bucket.ROOMS, Bucket.ROOMS, Bucket.ROOM_KEYS, Bucket.USERS);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Map<String, Integer> faults = new TreeMap<>();

    @Test
    void nothingIsLostAndNobodyIsWronglyAdmitted() {
        List<FaultKind> kinds = new ArrayList<>(Settings.chaosKinds());
        Cluster cluster = start(kinds);
        cluster.awaitReady();
        try (Workload workload = Workload.on(cluster, CLIENTS, random).withRaces()) {
            long deadline = System.nanoTime() + Settings.chaos().toNanos();
            while (System.nanoTime() - deadline < 0) {
                strike(workload, kinds);
                workload.requireAtWork();
            }
            workload.stop();
            judge(workload);
        }
    }

    private Cluster start(List<FaultKind> kinds) {
        try {
            return scenario.aCluster().withNodes(NODES).withPartitions().start();
        } catch (TestAbortedException e) {
            System.out.println("ChaosIT: no partitions, because " + e.getMessage());
            kinds.remove(FaultKind.ISOLATE);
            return scenario.aCluster().withNodes(NODES).start();
        }
    }

    private void strike(Workload workload, List<FaultKind> kinds) {
        Cluster cluster = workload.cluster();
        Await.pause(upTo(2_000));
        FaultKind kind = anyOf(kinds);
        if (!kind.sparesData()) {
            cluster.awaitReplicas(NODES); // whoever is behind must not be left with the only copy
        }
        List<ClusterNode> victims = victims(cluster, kind);
        Fault fault = new FaultRound(cluster, kind, victims).run(kind.hold(random));
        workload.history().add(fault);
        faults.merge(kind + (victims.size() == 2 ? " of two" : ""), 1, Integer::sum);
    }

    private FaultKind anyOf(List<FaultKind> kinds) {
        List<FaultKind> lots = kinds.stream()
                .flatMap(kind -> Collections.nCopies(kind.share(), kind).stream())
                .toList();
        return lots.get(random.nextInt(lots.size()));
    }

    private List<ClusterNode> victims(Cluster cluster, FaultKind kind) {
        if (kind == FaultKind.PAUSE_LEADER) {
            return List.of(cluster.awaitLeader(COMMITTING.get(random.nextInt(COMMITTING.size()))));
        }
        List<ClusterNode> nodes = new ArrayList<>(cluster.nodes());
        Collections.shuffle(nodes, random);
        return nodes.subList(0, kind.sparesData() && random.nextInt(3) == 0 ? 2 : 1);
    }

    private void judge(Workload workload) {
        List<String> violations = Judge.violations(workload);
        System.out.printf(
                "ChaosIT: %d s, faults %s, operations %d, rooms %d, refused changes looked for %d, users %d,"
                        + " latest yes to a revoked user after %d ms, violations %d%n",
                Settings.chaos().toSeconds(),
                faults,
                workload.history().operations().size(),
                workload.rooms(),
                workload.refusals(),
                workload.users().size(),
                new Judge(workload.history()).longestAdmission(workload.users()).toMillis(),
                violations.size());
        workload.history().answers().forEach((answer, count) -> System.out.printf("  %8d %s%n", count, answer));
        WriteGaps.of(workload).print();
        assertThat(violations).isEmpty();
    }

    private Duration upTo(int millis) {
        return Duration.ofMillis(random.nextInt(millis));
    }
}
