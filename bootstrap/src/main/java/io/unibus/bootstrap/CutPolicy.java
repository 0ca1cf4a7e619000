package io.unibus.bootstrap;

import java.time.Duration;
import java.util.List;

/**
 * Whether this node's server is better ended because a majority works without it. A server that was cut off comes back
 * with a higher term and makes the healthy majority elect anew; ended before its first election, 4 seconds after the cut,
 * and started when the cut is over, it disturbs nobody. Where no majority can work elsewhere it is left alone, since peers
 * on this host still have their bus. Deterministic; used by one thread.
 */
final class CutPolicy {
    /** Two confirmations have failed then. */
    private static final long SUSPICIOUS_NANOS = Duration.ofSeconds(1).toNanos();
    /** Every follower without a leader has called an election by then, and ending the server prevents nothing any more. */
    private static final long TOO_LATE_NANOS = Duration.ofSeconds(9).toNanos();
    /** For a server that was started again to find its groups, and against a network that comes and goes. */
    private static final long GRACE_NANOS = Duration.ofSeconds(10).toNanos();
    /** How long peers must be in sight that have no server: they may be about to start theirs. */
    private static final long STEADY_NANOS = Duration.ofSeconds(1).toNanos();
    /** How long nothing can be told of any peer: a name server that is gone must not keep the server down. */
    private static final long BLIND_NANOS = Duration.ofSeconds(10).toNanos();
    /** In a row; one packet that was lost looks like a cut. */
    private static final int LOOKS = 2;

    private boolean suspended;
    private boolean everConfirmed;
    private boolean opening;
    private long quietSince;
    private int looksCut;
    private boolean inSight;
    private long inSightSince;
    private boolean blind;
    private long blindSince;

    enum Decision {
        STAY,
        SUSPEND,
        RESUME
    }

    /**
     * What is to be seen of the others.
     *
     * @param peers every other server that is configured, each once
     * @param clusterSize how many servers the cluster has, as its servers said last; 0 when that is not known
     * @param connected how many servers are connected to this node's that are not configured: nobody probes those
     * @param ofBucketMajority whether this node's server can be of the majority of a bucket, which is then not elsewhere
     */
    record Sight(List<Reach.Status> peers, int clusterSize, int connected, boolean ofBucketMajority) {
        Sight {
            peers = List.copyOf(peers);
        }

        private int count(Reach.Status status) {
            return (int) peers.stream().filter(status::equals).count();
        }

        /** An address that is configured and no longer of the cluster must not make a majority appear to be elsewhere. */
        boolean majorityElsewhere() {
            int size = Math.max(peers.size() + 1, clusterSize);
            int cut = count(Reach.Status.CUT);
            int here = 1 + peers.size() - cut + connected;
            return !ofBucketMajority && Math.min(cut, size - here) >= ClusterState.majority(size);
        }

        /**
         * Whether this many and this node are perhaps a majority, together with those that are not configured. An address
         * that is no longer of the cluster does not raise what is asked for, or the server might be down for ever.
         */
        boolean canBeMajority(int inSight) {
            int configured = peers.size() + 1;
            int size = clusterSize > 0 ? clusterSize : configured;
            int unseen = Math.max(0, size - configured);
            return inSight + 1 >= Math.max(2, ClusterState.majority(size) - unseen);
        }
    }

    boolean isSuspended() {
        return suspended;
    }

    /** A server was started that has groups from before: without the others it calls elections as one that is cut off. */
    void opening(long now) {
        opening = true;
        quietSince = now;
    }

    boolean isOpening() {
        return opening;
    }

    /** @param begun when the write began that a quorum acknowledged */
    void confirmed(long begun) {
        quietSince =
                (everConfirmed || opening) && quietSince - begun > 0 ? quietSince : begun; // a grace is not cut short
        everConfirmed = true;
        opening = false;
        looksCut = 0;
    }

    /** Whether the peers are to be looked at. */
    boolean isSuspicious(long now) {
        long quiet = now - quietSince;
        boolean early = opening ? quiet < 0 : !everConfirmed || quiet < SUSPICIOUS_NANOS;
        return suspended || (!early && quiet < TOO_LATE_NANOS);
    }

    Decision decide(long now, Sight sight) {
        if (!isSuspicious(now)) {
            return Decision.STAY;
        }
        if (!suspended) {
            looksCut = sight.majorityElsewhere() ? looksCut + 1 : 0;
            if (looksCut < LOOKS) {
                return Decision.STAY;
            }
            suspended = true;
            inSight = false;
            blind = false;
            return Decision.SUSPEND;
        }
        if (!canResume(now, sight)) {
            return Decision.STAY;
        }
        suspended = false;
        looksCut = 0;
        quietSince = now + GRACE_NANOS;
        return Decision.RESUME;
    }

    /** After a cut between all, every server is suspended: hosts in sight must do when no server is, or none would begin. */
    private boolean canResume(long now, Sight sight) {
        int running = sight.count(Reach.Status.REACHABLE);
        if (sight.canBeMajority(running)) {
            return true;
        }
        boolean blindNow = sight.count(Reach.Status.UNKNOWN) == sight.peers().size();
        if (blindNow && !blind) {
            blindSince = now;
        }
        blind = blindNow;
        boolean hostsInSight =
                sight.canBeMajority(running + sight.count(Reach.Status.DEAD) + sight.count(Reach.Status.STRANGER));
        if (hostsInSight && !inSight) {
            inSightSince = now;
        }
        inSight = hostsInSight;
        return (hostsInSight && now - inSightSince >= STEADY_NANOS) || (blind && now - blindSince >= BLIND_NANOS);
    }
}
