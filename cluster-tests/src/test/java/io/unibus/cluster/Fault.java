package io.unibus.cluster;

import java.util.Set;

/**
 * What was done to a cluster. Times are those of {@link System#nanoTime} of this process.
 *
 * @param nodes numbers of those that it was done to
 * @param withoutQuorum numbers of those that ran without a majority from {@code struck} to {@code healing}
 * @param begin before it was done
 * @param struck when it was done
 * @param healing before it began to be undone
 * @param recovered when all nodes were ready again
 */
record Fault(
        String kind,
        Set<Integer> nodes,
        Set<Integer> withoutQuorum,
        long begin,
        long struck,
        long healing,
        long recovered) {
    Fault {
        nodes = Set.copyOf(nodes);
        withoutQuorum = Set.copyOf(withoutQuorum);
    }
}
