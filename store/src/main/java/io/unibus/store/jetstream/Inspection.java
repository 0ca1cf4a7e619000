package io.unibus.store.jetstream;

import java.time.Instant;

/** What the leader of a bucket's stream says about it. A leader without a quorum may say it, so nothing is decided on it alone. */
@FunctionalInterface
interface Inspection {
    /** @throws io.unibus.store.StoreUnavailableException without an answer */
    Facts facts(Bucket bucket);

    /** @param created when the stream was created: another one, another time */
    record Facts(Instant created, long lastSequence) {}
}
