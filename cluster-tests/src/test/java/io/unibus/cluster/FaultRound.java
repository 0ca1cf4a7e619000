package io.unibus.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** One fault from its beginning until all nodes serve again. */
final class FaultRound {
    /** The servers are there: back at once, or never touched. */
    private static final Set<FaultKind> LEAVES_SERVERS = Set.of(FaultKind.KILL_CHILD, FaultKind.PAUSE_JVM);

    private static final Set<FaultKind> CUTS_OFF =
            Set.of(FaultKind.ISOLATE, FaultKind.PAUSE_CHILD, FaultKind.PAUSE_LEADER);

    private final Cluster cluster;
    private final FaultKind kind;
    private final List<ClusterNode> victims;

    FaultRound(Cluster cluster, FaultKind kind, List<ClusterNode> victims) {
        this.cluster = cluster;
        this.kind = kind;
        this.victims = List.copyOf(victims);
    }

    /**
     * Strikes, waits, undoes it and waits until all nodes are ready.
     *
     * @param meanwhile done while it lasts
     */
    Fault run(Runnable meanwhile) {
        long begin = System.nanoTime();
        victims.forEach(victim -> kind.strike(cluster, victim));
        long struck = System.nanoTime();
        meanwhile.run();
        long healing = System.nanoTime();
        victims.forEach(victim -> kind.undo(cluster, victim));
        victims.forEach(ClusterNode::awaitReady);
        cluster.awaitRecovered();
        if (!kind.sparesData()) {
            cluster.awaitReplicas(cluster.size());
        }
        return new Fault(kind.toString(), numbers(victims), withoutQuorum(), begin, struck, healing, System.nanoTime());
    }

    Fault run(Duration hold) {
        return run(() -> Await.pause(hold));
    }

    private Set<Integer> withoutQuorum() {
        if (cluster.size() - victims.size() < cluster.quorum() && !LEAVES_SERVERS.contains(kind)) {
            return numbers(cluster.nodes());
        }
        return CUTS_OFF.contains(kind) ? numbers(victims) : Set.of();
    }

    private static Set<Integer> numbers(List<ClusterNode> nodes) {
        return nodes.stream().map(ClusterNode::number).collect(Collectors.toSet());
    }
}
