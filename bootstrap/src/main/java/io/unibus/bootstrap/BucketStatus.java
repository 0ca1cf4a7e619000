package io.unibus.bootstrap;

import java.util.List;
import java.util.Optional;

/**
 * A bucket as its leader describes it.
 *
 * @param replicas what it is configured with
 * @param republishes whether what is written to it is republished to the views
 * @param followers the replicas other than the leader
 */
record BucketStatus(int replicas, boolean republishes, Optional<String> leader, List<ReplicaReport> followers) {
    BucketStatus {
        followers = List.copyOf(followers);
    }

    /** Whether it has at least that many replicas, and all it has hold everything. */
    boolean isWholeAt(int target) {
        return replicas >= target
                && leader.isPresent()
                && followers.size() == replicas - 1
                && followers.stream().allMatch(ReplicaReport::isCaughtUp);
    }
}
