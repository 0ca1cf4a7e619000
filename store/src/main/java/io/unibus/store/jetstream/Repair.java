package io.unibus.store.jetstream;

import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes and clears away what nodes that died left: memberships that are not projected, sealed keys that no room points
 * at. All of it by compare-and-set and without any effect on readers, so every node does it. Thread-safe.
 */
final class Repair {
    private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

    private final Buckets buckets;
    private final MembershipProjector projector;
    private final OrphanKeys orphans;
    private final EachItem each = new EachItem();

    /** @param grace how long keys must have looked abandoned; far longer than any operation takes */
    Repair(
            Buckets buckets,
            RoomView view,
            MembershipProjector projector,
            RoomCreation creation,
            RoomKeys keys,
            RoomCommits commits,
            Duration grace,
            LongSupplier nanoTime) {
        this.buckets = buckets;
        this.projector = projector;
        this.orphans = new OrphanKeys(buckets, view, keys, commits, creation, each, grace, nanoTime);
    }

    /**
     * Does one round. A bad item is left out.
     *
     * @throws io.unibus.store.StoreException when it could not be finished; the next one goes on
     */
    synchronized void run() {
        each.begin();
        buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        int memberships = projector.repair();
        int keys = orphans.repair();
        if (memberships + keys > 0) {
            LOG.atInfo()
                    .addKeyValue("memberships", memberships)
                    .addKeyValue("keys", keys)
                    .log("completed or cleared away what was left");
        }
    }
}
