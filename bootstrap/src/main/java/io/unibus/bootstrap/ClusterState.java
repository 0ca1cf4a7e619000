package io.unibus.bootstrap;

import io.unibus.store.jetstream.Bucket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How the replicated store stands, as its servers told it at one moment.
 *
 * @param at this node's clock
 * @param metaLeader the server that places the buckets, if one is known
 * @param servers the names of those that answered, sorted
 * @param clusterSize how many servers the cluster has, absent ones included
 * @param target the number of replicas that the buckets are to have
 * @param replicas the smallest number that a bucket is configured with; 0 when a bucket is not there
 * @param tolerance how many servers can be lost now, whichever they are, with every write still possible
 * @param degraded what is not as it should be, as sentences
 */
public record ClusterState(
        Instant at,
        Optional<String> metaLeader,
        List<String> servers,
        int clusterSize,
        int target,
        int replicas,
        int tolerance,
        List<BucketState> buckets,
        List<String> degraded) {

    public ClusterState {
        servers = List.copyOf(servers);
        buckets = List.copyOf(buckets);
        degraded = List.copyOf(degraded);
    }

    /**
     * One bucket.
     *
     * @param leader if one is known
     * @param configured its number of replicas, 0 when it is not there
     * @param quorum whether a majority of the replicas takes part
     * @param identical whether all replicas hold the same, as far as servers tell: numbers of messages, bytes, sequences and
     *     keys; empty while they are not at one sequence or do not all answer
     */
    public record BucketState(
            Bucket bucket,
            Optional<String> leader,
            int configured,
            List<ReplicaState> replicas,
            boolean quorum,
            Optional<Boolean> identical) {
        public BucketState {
            replicas = List.copyOf(replicas);
        }

        long current() {
            return replicas.stream().filter(ReplicaState::current).count();
        }

        /** How many replicas can be lost; negative without a quorum. */
        int tolerance() {
            return (int) current() - majority(configured);
        }

        boolean isWholeAt(int target) {
            return configured == target
                    && current() == target
                    && replicas.stream().allMatch(ReplicaState::keepsUp);
        }
    }

    /**
     * One replica.
     *
     * @param server its name
     * @param current whether it takes part
     * @param lag entries it is behind
     * @param lastSequence empty when its server did not answer
     */
    public record ReplicaState(
            String server, boolean leader, boolean current, boolean offline, long lag, Optional<Long> lastSequence) {
        /** Under load every replica is a little behind at any one moment. */
        boolean keepsUp() {
            return current && lag < 1_000;
        }
    }

    static int majority(int size) {
        return size / 2 + 1;
    }

    /** Nothing is known yet. */
    static ClusterState unknown(Instant at, int target) {
        return of(at, List.of(), target);
    }

    static ClusterState of(Instant at, List<ServerReport> reports, int target) {
        Map<String, ServerReport> byName = new TreeMap<>();
        reports.forEach(report -> byName.put(report.name(), report));
        Optional<ServerReport> meta =
                byName.values().stream().filter(ServerReport::leadsMeta).findFirst();
        boolean clustered = byName.values().stream().anyMatch(report -> report.metaSize() > 0);
        List<BucketState> buckets = new ArrayList<>();
        for (Bucket bucket : Bucket.values()) {
            buckets.add(bucket(bucket, byName, clustered));
        }
        int size = byName.values().stream()
                .mapToInt(report -> Math.max(1, report.metaSize()))
                .max()
                .orElse(0);
        int tolerance = buckets.stream().mapToInt(BucketState::tolerance).min().orElse(0);
        if (clustered) {
            tolerance = Math.min(tolerance, metaTolerance(meta));
        }
        return new ClusterState(
                at,
                meta.map(ServerReport::name),
                List.copyOf(byName.keySet()),
                size,
                target,
                buckets.stream().mapToInt(BucketState::configured).min().orElse(0),
                Math.max(0, tolerance),
                buckets,
                degraded(byName, meta, clustered, size, target, buckets));
    }

    private static int metaTolerance(Optional<ServerReport> leader) {
        return leader.map(report -> {
                    long current = 1
                            + report.metaFollowers().stream()
                                    .filter(ReplicaReport::isPresent)
                                    .count();
                    return (int) current - majority(report.metaSize());
                })
                .orElse(-1);
    }

    private static BucketState bucket(Bucket bucket, Map<String, ServerReport> servers, boolean clustered) {
        Map<String, StreamReport> held = new TreeMap<>();
        servers.forEach((name, report) ->
                Optional.ofNullable(report.streams().get(bucket.stream())).ifPresent(stream -> held.put(name, stream)));
        if (!clustered) {
            return single(bucket, held);
        }
        Optional<String> leader = held.entrySet().stream()
                .filter(entry -> entry.getValue().leader().equals(entry.getKey()))
                // one that was cut off calls itself leader for a while; the majority has followers that are present
                .max(Comparator.comparingLong(entry -> entry.getValue().followers().stream()
                        .filter(ReplicaReport::isPresent)
                        .count()))
                .map(Map.Entry::getKey);
        int configured =
                held.values().stream().mapToInt(StreamReport::configured).max().orElse(0);
        List<ReplicaState> replicas = new ArrayList<>();
        leader.ifPresent(name -> {
            StreamReport stream = Objects.requireNonNull(held.get(name));
            replicas.add(new ReplicaState(name, true, true, false, 0, lastSequence(held, name)));
            stream.followers()
                    .forEach(follower -> replicas.add(new ReplicaState(
                            follower.name(),
                            false,
                            follower.isPresent(),
                            follower.offline(),
                            follower.lag(),
                            lastSequence(held, follower.name()))));
        });
        long current = replicas.stream().filter(ReplicaState::current).count();
        return new BucketState(
                bucket,
                leader,
                configured,
                replicas,
                configured > 0 && current >= majority(configured),
                held.size() == configured ? identical(held) : Optional.empty());
    }

    /** Of a server without a cluster, where streams have no leader. */
    private static BucketState single(Bucket bucket, Map<String, StreamReport> held) {
        List<ReplicaState> replicas = held.keySet().stream()
                .map(name -> new ReplicaState(name, true, true, false, 0, lastSequence(held, name)))
                .toList();
        return new BucketState(
                bucket,
                held.keySet().stream().findFirst(),
                held.isEmpty() ? 0 : 1,
                replicas,
                !held.isEmpty(),
                held.isEmpty() ? Optional.empty() : Optional.of(true));
    }

    private static Optional<Long> lastSequence(Map<String, StreamReport> held, String server) {
        return Optional.ofNullable(held.get(server))
                .map(stream -> stream.digest().lastSequence());
    }

    /** The servers answer one after the other: while there are writes, only equal sequences can be compared. */
    private static Optional<Boolean> identical(Map<String, StreamReport> held) {
        List<StreamReport.Digest> digests =
                held.values().stream().map(StreamReport::digest).distinct().toList();
        if (digests.size() == 1) {
            return Optional.of(true);
        }
        long sequences = digests.stream()
                .map(StreamReport.Digest::lastSequence)
                .distinct()
                .count();
        return sequences == 1 ? Optional.of(false) : Optional.empty();
    }

    private static List<String> degraded(
            Map<String, ServerReport> servers,
            Optional<ServerReport> meta,
            boolean clustered,
            int size,
            int target,
            List<BucketState> buckets) {
        if (servers.isEmpty()) {
            return List.of("this node's own nats-server does not answer");
        }
        List<String> sentences = new ArrayList<>();
        if (clustered && meta.isEmpty()) {
            sentences.add("the cluster has no meta leader: buckets cannot be created or changed");
        }
        if (servers.size() < size) {
            sentences.add(servers.size() + " of " + size + " servers answer (" + String.join(", ", servers.keySet())
                    + ")" + meta.map(leader -> absent(servers, leader)).orElse(""));
        }
        Map<String, List<String>> bySentence = new LinkedHashMap<>();
        for (BucketState bucket : buckets) {
            problem(bucket, target)
                    .ifPresent(problem -> bySentence
                            .computeIfAbsent(problem, first -> new ArrayList<>())
                            .add(bucket.bucket().bucketName()));
        }
        bySentence.forEach((problem, names) -> sentences.add(subject(names) + ": " + problem));
        return sentences;
    }

    private static String absent(Map<String, ServerReport> servers, ServerReport leader) {
        String names = leader.metaFollowers().stream()
                .map(ReplicaReport::name)
                .filter(name -> !servers.containsKey(name))
                .sorted()
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : ", missing: " + names;
    }

    private static String subject(List<String> buckets) {
        return buckets.size() == Bucket.values().length ? "all buckets" : String.join(", ", buckets);
    }

    private static Optional<String> problem(BucketState state, int target) {
        if (state.configured() == 0) {
            return Optional.of("on none of the servers that answer");
        }
        if (state.leader().isEmpty()) {
            return Optional.of("no leader");
        }
        if (!state.quorum()) {
            return Optional.of("no quorum, " + state.current() + " of " + state.configured() + " replicas take part");
        }
        if (state.identical().equals(Optional.of(false))) {
            return Optional.of("replicas differ at one sequence: the store of a server is damaged");
        }
        if (state.configured() < target) {
            return Optional.of(state.configured() + " of " + target + " replicas, waiting for servers");
        }
        List<String> behind = state.replicas().stream()
                .filter(replica -> !replica.keepsUp())
                .map(ReplicaState::server)
                .toList();
        if (!behind.isEmpty()) {
            return Optional.of((state.replicas().size() - behind.size()) + " of " + state.configured()
                    + " replicas current, not: " + String.join(", ", behind));
        }
        return Optional.empty();
    }

    public boolean isDegraded() {
        return !degraded.isEmpty();
    }
}
