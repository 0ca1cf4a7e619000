package io.unibus.bootstrap;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opening of the buckets: short attempts until all are there, and one limit over everything. Used once, by one
 * thread.
 */
final class Opening {
    private static final Logger log = LoggerFactory.getLogger(Opening.class);

    /** How long too few servers is put up with before a bucket is created with one replica. */
    private static final long PATIENCE_MILLIS = 2_000;

    private static final long LOG_EVERY_MILLIS = 5_000;
    private static final long RAISE_EVERY_MILLIS = 1_000;
    private static final Duration CONFIRM_LIMIT = Duration.ofMillis(500);

    private final Buckets buckets;
    private final int target;
    private final Duration limit;
    private final Supplier<String> peers;
    private final InstantSource clock;
    private final Timing timing;
    private final Backoff backoff;

    private final Map<Bucket, BucketStatus> open = new EnumMap<>(Bucket.class);
    private final Map<Bucket, Long> tooFewPeersSince = new EnumMap<>(Bucket.class);
    private final Map<Bucket, Long> raisedAt = new EnumMap<>(Bucket.class);
    private final Set<Bucket> confirmed = EnumSet.noneOf(Bucket.class);
    private String waitingFor = "the servers have not answered yet";
    private boolean formed;

    /** @param peers says in words which other servers are missing, empty when none is; it may take half a second */
    Opening(Buckets buckets, int target, Duration limit, Supplier<String> peers, InstantSource clock, Timing timing) {
        this.buckets = buckets;
        this.target = target;
        this.limit = limit;
        this.peers = peers;
        this.clock = clock;
        this.timing = timing;
        this.backoff = new Backoff(timing.random());
    }

    /** @throws BootstrapException at the limit, or when interrupted */
    Bootstrap.Opened run() {
        long begin = timing.nanoTime().getAsLong();
        long logged = begin;
        try {
            while (!round()) {
                if (timing.millisSince(begin) >= limit.toMillis()) {
                    throw new BootstrapException(
                            "the store did not open within " + limit.toSeconds() + " s: " + reason(), null);
                }
                if (timing.millisSince(logged) >= LOG_EVERY_MILLIS) {
                    logged = timing.nanoTime().getAsLong();
                    log.info("the store is not open after {} s: {}", timing.millisSince(begin) / 1_000, reason());
                }
                timing.sleeper().sleep(backoff.nextMillis());
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BootstrapException("interrupted while the store was opening: " + waitingFor, e);
        }
        int replicas =
                open.values().stream().mapToInt(BucketStatus::replicas).min().orElse(0);
        return new Bootstrap.Opened(replicas, Duration.ofMillis(timing.millisSince(begin)));
    }

    private String reason() {
        String missing = peers.get();
        return missing.isEmpty() ? waitingFor : waitingFor + "; " + missing;
    }

    /** @return whether the store is open */
    private boolean round() {
        for (Bucket bucket : Bucket.values()) {
            if (!open(bucket)) {
                return false; // whoever is silent about one bucket is silent about the others
            }
        }
        formed = formed || buckets.isFormed();
        if (!formed && !allAtTarget()) {
            return false;
        }
        for (Bucket bucket : Bucket.values()) {
            if (!confirmed(bucket)) {
                return false;
            }
        }
        return formed || recordFormed();
    }

    private boolean open(Bucket bucket) {
        if (Optional.ofNullable(open.get(bucket)).map(BucketStatus::republishes).orElse(false)) {
            return true;
        }
        Answer answer = buckets.look(bucket);
        if (answer instanceof Answer.Absent) {
            answer = create(bucket);
        } else if (answer instanceof Answer.Found found && !found.status().republishes()) {
            answer = buckets.configure(bucket, found.status().replicas());
        }
        if (answer instanceof Answer.Found found) {
            open.put(bucket, found.status());
            backoff.restart();
            return found.status().republishes();
        }
        waitingFor = "bucket " + bucket.bucketName() + " is not open: " + words(answer);
        return false;
    }

    private Answer create(Bucket bucket) {
        Answer answer = buckets.create(bucket, target);
        if (!(answer instanceof Answer.TooFewPeers)) {
            return answer;
        }
        long now = timing.nanoTime().getAsLong();
        long since = tooFewPeersSince.computeIfAbsent(bucket, first -> now);
        long longest = tooFewPeersSince.values().stream()
                .mapToLong(timing::millisSince)
                .max()
                .orElse(timing.millisSince(since));
        if (longest < PATIENCE_MILLIS) {
            return answer;
        }
        log.info("creating bucket {} with one replica for now: too few servers for {}", bucket.bucketName(), target);
        return buckets.create(bucket, 1);
    }

    private String words(Answer answer) {
        if (answer instanceof Answer.TooFewPeers) {
            return "too few servers for " + target + " replicas";
        }
        if (answer instanceof Answer.Refused refused) {
            return refused.why();
        }
        if (answer instanceof Answer.Silent silent) {
            return "no answer, so there is no meta leader or no connection (" + silent.why() + ")";
        }
        return "it is not there";
    }

    /** A new cluster serves only when nothing it says yes to can be lost with one node. */
    private boolean allAtTarget() {
        boolean all = true;
        for (Bucket bucket : Bucket.values()) {
            Answer answer = buckets.look(bucket);
            if (answer instanceof Answer.Found found) {
                open.put(bucket, found.status());
                if (!found.status().isWholeAt(target)) {
                    waitingFor = behind(bucket, found.status());
                    raise(bucket, found.status());
                    all = false;
                }
            } else {
                waitingFor = "bucket " + bucket.bucketName() + " does not answer: " + words(answer);
                return false;
            }
        }
        return all;
    }

    private String behind(Bucket bucket, BucketStatus status) {
        long present =
                status.followers().stream().filter(ReplicaReport::isCaughtUp).count() + 1;
        return "the new cluster is not whole: bucket " + bucket.bucketName() + " has " + status.replicas() + " of "
                + target + " replicas, " + present + " of them current";
    }

    private void raise(Bucket bucket, BucketStatus status) {
        long now = timing.nanoTime().getAsLong();
        Long last = raisedAt.get(bucket);
        if (status.replicas() < target && (last == null || timing.millisSince(last) >= RAISE_EVERY_MILLIS)) {
            raisedAt.put(bucket, now);
            if (buckets.configure(bucket, target) instanceof Answer.Found) {
                log.info("raised bucket {} from {} to {} replicas", bucket.bucketName(), status.replicas(), target);
                backoff.restart();
            }
        }
    }

    private boolean confirmed(Bucket bucket) {
        if (confirmed.contains(bucket)) {
            return true;
        }
        if (buckets.confirm(bucket, CONFIRM_LIMIT)) {
            confirmed.add(bucket);
            return true;
        }
        waitingFor = "no quorum of bucket " + bucket.bucketName() + " takes a write";
        return false;
    }

    private boolean recordFormed() {
        Instant now = clock.instant();
        if (buckets.recordFormed(now)) {
            log.info("the cluster has formed: replicas of each bucket: {}", target);
            return true;
        }
        waitingFor = "no quorum of bucket " + Bucket.USERS.bucketName() + " takes a write";
        return false;
    }
}
