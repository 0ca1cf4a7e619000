package io.unibus.bootstrap;

import io.unibus.store.jetstream.Link;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps watch over the replicas for as long as the node runs: looks at them every second, every 2 when all is well,
 * raises buckets that have fewer than they should as soon as the servers for it are there, and says once what is degraded.
 * Only the node whose server leads the meta group changes anything. Thread-safe; started once, closed by whoever started
 * it.
 */
public final class ReplicaKeeper implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReplicaKeeper.class);

    private static final long PERIOD_MILLIS = 1_000;
    private static final int PERIODS_WHEN_WELL = 2;
    /** A difference is believed when it is seen as often in a row: the servers answer one after the other. */
    private static final int DIFFERENCES = 3;

    private final String ownName;
    private final int ownReplicas;
    private final Servers servers;
    private final Buckets buckets;
    private final Supplier<List<Heartbeat>> others;
    private final InstantSource clock;
    private final Conditions conditions = new Conditions(log, "over");
    private final Map<String, Integer> seen = new TreeMap<>();
    private final Watch watch = new Watch("replica-keeper", log, "the replicas", this::look, this::pauseMillis);
    private volatile ClusterState state;
    private volatile Membership membership = Membership.UNKNOWN;

    /**
     * Does nothing yet.
     *
     * @param nodeName also that of the node's server
     * @param replicas what this node wants the buckets to have
     */
    public ReplicaKeeper(
            String nodeName,
            int replicas,
            ServerQueries servers,
            Link control,
            Heartbeats heartbeats,
            InstantSource clock) {
        this(nodeName, replicas, servers, new JetStreamBuckets(control, nodeName), heartbeats::alive, clock);
    }

    ReplicaKeeper(
            String nodeName,
            int replicas,
            Servers servers,
            Buckets buckets,
            Supplier<List<Heartbeat>> others,
            InstantSource clock) {
        this.ownName = nodeName;
        this.ownReplicas = replicas;
        this.servers = servers;
        this.buckets = buckets;
        this.others = others;
        this.clock = clock;
        this.state = ClusterState.unknown(clock.instant(), replicas);
    }

    public void start() {
        watch.start();
    }

    /** As of the last look, at most some seconds ago; {@link ClusterState#at} says when. */
    public ClusterState state() {
        return state;
    }

    /** As of the last look that told something of it. */
    Membership membership() {
        return membership;
    }

    private long pauseMillis() {
        return (state.isDegraded() ? 1 : PERIODS_WHEN_WELL) * PERIOD_MILLIS;
    }

    /** One look, and what follows from it. */
    void look() {
        List<Integer> wanted = wanted();
        ClusterState now = ClusterState.of(clock.instant(), servers.reports(), ReplicaGoal.target(wanted));
        state = now;
        membership = membership.seen(now);
        conditions.update(believed(now.degraded()));
        if (now.metaLeader().map(ownName::equals).orElse(false)) {
            now.buckets().forEach(bucket -> change(bucket, now, wanted));
        }
    }

    private List<Integer> wanted() {
        List<Integer> wanted = new ArrayList<>(List.of(ownReplicas));
        others.get().forEach(node -> wanted.add(node.replicas()));
        return wanted;
    }

    /** Said in the log when it holds at several looks in a row; a server that is slow once is no condition. */
    private Map<String, String> believed(List<String> sentences) {
        seen.keySet().retainAll(sentences);
        Map<String, String> believed = new TreeMap<>();
        for (String sentence : sentences) {
            int times = seen.merge(sentence, 1, Integer::sum);
            if (times >= DIFFERENCES) {
                believed.put(sentence, "the store is degraded: " + sentence);
            }
        }
        return believed;
    }

    private void change(ClusterState.BucketState bucket, ClusterState now, List<Integer> wanted) {
        if (bucket.configured() == 0 || !bucket.quorum()) {
            return; // the opening creates; a change needs the group
        }
        int goal = ReplicaGoal.next(bucket.configured(), wanted, now.servers().size(), now.clusterSize());
        if (goal == bucket.configured()) {
            return;
        }
        Answer answer = buckets.configure(bucket.bucket(), goal);
        if (answer instanceof Answer.Found) {
            log.info(
                    "changed bucket {} from {} to {} replicas",
                    bucket.bucket().bucketName(),
                    bucket.configured(),
                    goal);
        } else {
            log.debug("bucket {} stays at {}: {}", bucket.bucket().bucketName(), bucket.configured(), answer);
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
