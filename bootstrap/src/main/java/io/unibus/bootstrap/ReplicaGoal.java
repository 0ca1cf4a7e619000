package io.unibus.bootstrap;

import java.util.Collection;
import java.util.HashSet;

/** How many replicas the buckets are to have. Pure. */
final class ReplicaGoal {
    private ReplicaGoal() {}

    /** The highest number that a node alive wants. */
    static int target(Collection<Integer> wanted) {
        return wanted.stream().mapToInt(Integer::intValue).max().orElse(1);
    }

    /**
     * What a bucket is to be given now.
     *
     * @param configured the replicas it has
     * @param wanted what each node alive wants, this one included
     * @param answering how many servers answer
     * @param clusterSize how many servers there are, absent ones included
     * @return {@code configured} when nothing is to be done
     */
    static int next(int configured, Collection<Integer> wanted, int answering, int clusterSize) {
        int target = target(wanted);
        if (target > configured) {
            int possible = Math.min(target, answering);
            // An even number survives no more losses than the odd one below it.
            int useful = possible == target || possible % 2 == 1 ? possible : possible - 1;
            return Math.max(configured, useful);
        }
        boolean everyNodeSaysSo = wanted.size() >= clusterSize && new HashSet<>(wanted).size() == 1;
        return target < configured && everyNodeSaysSo && answering >= clusterSize ? target : configured;
    }
}
