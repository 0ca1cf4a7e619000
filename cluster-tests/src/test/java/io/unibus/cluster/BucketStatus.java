package io.unibus.cluster;

import io.unibus.protocol.JsonObject;
import java.util.List;
import java.util.Optional;

/** A bucket of the cluster as {@code /status} of a node shows it. */
record BucketStatus(String name, Optional<String> leader, boolean quorum, List<Replica> replicas) {
    record Replica(String name, boolean offline, boolean current, long lag) {}

    /** As that node sees them; empty when it shows none. */
    static List<BucketStatus> of(ClusterNode node) {
        Http.Answer answer = Http.get(node.url(), "/status");
        if (answer.status() != 200) {
            return List.of();
        }
        return answer.json()
                .object("cluster")
                .map(cluster -> cluster.objects("buckets").stream()
                        .map(BucketStatus::read)
                        .toList())
                .orElse(List.of());
    }

    private static BucketStatus read(JsonObject json) {
        return new BucketStatus(
                json.requiredString("name"),
                json.string("leader"),
                json.requiredBoolean("quorum"),
                json.objects("replicas").stream()
                        .map(replica -> new Replica(
                                replica.requiredString("name"),
                                replica.requiredBoolean("offline"),
                                replica.requiredBoolean("current"),
                                replica.requiredLong("lag")))
                        .toList());
    }

    boolean isWhole(int count) {
        return quorum
                && leader.isPresent()
                && replicas.size() == count
                && replicas.stream().allMatch(replica -> replica.current() && !replica.offline());
    }
}
