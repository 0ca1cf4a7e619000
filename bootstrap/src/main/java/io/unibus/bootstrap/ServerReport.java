package io.unibus.bootstrap;

import java.util.List;
import java.util.Map;

/**
 * What one server says of itself and of the groups it is in. What it says of other replicas is worth something only
 * where it leads.
 *
 * @param metaLeader the leader of the group that places the buckets, empty when none is known
 * @param metaSize how many servers that group has, absent ones included; 0 for a server without a cluster
 * @param metaFollowers as the meta leader sees them
 * @param streams by name; those of which this server has a replica
 */
record ServerReport(
        String name,
        String id,
        String version,
        String metaLeader,
        int metaSize,
        List<ReplicaReport> metaFollowers,
        Map<String, StreamReport> streams) {

    ServerReport {
        metaFollowers = List.copyOf(metaFollowers);
        streams = Map.copyOf(streams);
    }

    boolean leadsMeta() {
        return metaLeader.equals(name);
    }
}
