package io.unibus.bootstrap;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.time.Instant;

/**
 * The buckets, as the servers have them. Every call is one short attempt and throws nothing, but for
 * {@link io.unibus.store.StoreUnusableException} about a bucket that an earlier build made. Whatever is there is never
 * removed or made anew.
 */
interface Buckets {
    Answer look(Bucket bucket);

    Answer create(Bucket bucket, int replicas);

    /** Gives a bucket that exists this number of replicas, sees to it that it republishes, and leaves the rest. */
    Answer configure(Bucket bucket, int replicas);

    /** Writes this node's own fence key. @return whether a quorum acknowledged it in time */
    boolean confirm(Bucket bucket, Duration limit);

    /** Whether the cluster has ever had its target number of replicas. A no may be stale, a yes is for ever. */
    boolean isFormed();

    /** @return whether it is on record now, of this call or another */
    boolean recordFormed(Instant at);
}
