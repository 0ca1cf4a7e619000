package io.unibus.store.jetstream;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * Writes to the buckets that a quorum acknowledged. Thread-safe.
 *
 * <p><b>A refusal is not final.</b> A server that led, was paused and continues answers for a moment from its stale state:
 * it refuses a write that the real leader takes at the same time. Who is told that an expectation does not hold looks
 * behind a read barrier what stands there, before anybody else is told.
 */
interface Writes {
    /** As many puts as a server takes in one batch. */
    int MOST_IN_BATCH = 1_000;

    /**
     * Writes one entry. Attempts that a server put off are repeated within the operation timeout, and with an expectation also
     * those that got no answer. One without an expectation may so be taken twice.
     *
     * @return its revision, or empty when a server said that the expectation does not hold; fails with
     *     {@code StoreUnavailableException} when nothing was written, with {@code OutcomeUnknownException} when it may
     *     have been
     */
    CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation);

    /** Like {@link #put}, of a marker that removes the key. */
    CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation);

    /**
     * Writes all of these or none, with consecutive revisions: an atomic batch of the server. Like {@link #put} otherwise.
     *
     * @param puts at most {@value #MOST_IN_BATCH}, of different keys; one with an expectation among them makes the batch
     *     repeatable
     * @return the revision of the last, or empty when a server said that an expectation does not hold
     */
    CompletableFuture<OptionalLong> putAll(Bucket bucket, List<BatchPut> puts);
}
