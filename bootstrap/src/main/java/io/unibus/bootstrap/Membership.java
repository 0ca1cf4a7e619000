package io.unibus.bootstrap;

import io.unibus.store.jetstream.Bucket;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is remembered of the cluster: it outlives the looks at which nobody answers, as in a node that was cut off.
 *
 * @param size how many servers the cluster has, absent ones included; 0 when that was never told
 * @param replicas the names of the servers that have a replica, of the buckets of which that was ever told
 */
record Membership(int size, Map<Bucket, Set<String>> replicas) {
    static final Membership UNKNOWN = new Membership(0, Map.of());

    Membership {
        replicas = Map.copyOf(replicas);
    }

    /** What a look adds. A cluster of one is no news: a server that has not found its groups yet says the same. */
    Membership seen(ClusterState state) {
        Map<Bucket, Set<String>> now = new EnumMap<>(Bucket.class);
        now.putAll(replicas);
        for (ClusterState.BucketState bucket : state.buckets()) {
            if (bucket.quorum() && bucket.replicas().size() == bucket.configured()) {
                now.put(
                        bucket.bucket(),
                        bucket.replicas().stream()
                                .map(ClusterState.ReplicaState::server)
                                .collect(Collectors.toUnmodifiableSet()));
            }
        }
        return new Membership(state.clusterSize() > 1 ? state.clusterSize() : size, now);
    }

    int sizeOr(int configured) {
        return size > 0 ? size : configured;
    }

    /**
     * Whether the replicas of a bucket that are not cut can be its majority, of a bucket that this node's server has one
     * of. A peer that is cut and never said its name is taken for a replica of which nothing else is known.
     *
     * @param connected servers that are not among the peers
     */
    boolean hasMajority(String ownName, List<KnownPeers.Server> peers, Collection<String> connected) {
        Set<String> cut = new HashSet<>();
        Set<String> known = new HashSet<>(connected);
        known.add(ownName);
        int namelessCut = 0;
        for (KnownPeers.Server peer : peers) {
            boolean isCut = peer.status() == Reach.Status.CUT;
            peer.name().ifPresent(known::add);
            peer.name().filter(name -> isCut).ifPresent(cut::add);
            namelessCut += isCut && peer.name().isEmpty() ? 1 : 0;
        }
        for (Set<String> servers : replicas.values()) {
            long cutHere = servers.stream().filter(cut::contains).count();
            long unknown =
                    servers.stream().filter(name -> !known.contains(name)).count();
            long here = servers.size() - cutHere - Math.min(unknown, namelessCut);
            if (servers.contains(ownName) && here >= ClusterState.majority(servers.size())) {
                return true;
            }
        }
        return false;
    }
}
