package io.unibus.bootstrap;

import java.util.List;

/**
 * A stream as one server has it.
 *
 * @param leader empty when none is known
 * @param configured its number of replicas
 * @param followers as the leader sees them
 */
record StreamReport(String leader, int configured, List<ReplicaReport> followers, Digest digest) {
    StreamReport {
        followers = List.copyOf(followers);
    }

    /**
     * All that a server tells of a replica's content. Two replicas at one last sequence have all of it equal; the reverse
     * is likely and not certain, since values are not compared.
     */
    record Digest(long messages, long bytes, long firstSequence, long lastSequence, long subjects, long deleted) {}
}
