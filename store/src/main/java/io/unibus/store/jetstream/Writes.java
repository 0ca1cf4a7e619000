package io.unibus.store.jetstream;

import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** Writes to the buckets that a quorum acknowledged. Thread-safe. */
interface Writes {
    /**
     * Writes one entry. Attempts that the servers certainly did not take are repeated within the operation timeout, and
     * with an expectation also those that got no answer.
     *
     * @return its revision, or empty when the expectation does not hold; fails with {@code StoreUnavailableException}
     *     when nothing was written, with {@code OutcomeUnknownException} when it may have been
     */
    CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation);

    /** Like {@link #put}, of a marker that removes the key. */
    CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation);
}
