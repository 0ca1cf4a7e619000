package io.unibus.store.jetstream;

import io.unibus.store.QuorumUnconfirmedException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Confirms by a write of its own that a quorum of a bucket is there, and that the view has all it acknowledged. Thread-safe.
 *
 * <p>A read asks, reads the view when it is confirmed, and answers only if the confirmation {@link Confirmation#holds} then.
 */
interface Fence {
    /**
     * Completes when the view holds everything that was acknowledged up to {@code maxStaleness} before this call; with a
     * staleness of zero, up to this call. Fails with {@link QuorumUnconfirmedException} when that is not confirmed within
     * the operation timeout. Does not block.
     */
    CompletableFuture<Confirmation> ask();

    /** Like {@link #ask}, by a write that begins after this call, whatever the staleness allowed to reads. */
    CompletableFuture<Confirmation> askNow();

    /** Returns when the view has reached that revision. @throws QuorumUnconfirmedException if not in time */
    void awaitApplied(long revision);

    /** Returns with the outcome of {@link #ask}. @throws QuorumUnconfirmedException when it is not confirmed in time */
    default Confirmation confirm() {
        return outcome(ask());
    }

    /** Returns with the outcome of {@link #askNow}. @throws QuorumUnconfirmedException when it is not confirmed in time */
    default Confirmation confirmNow() {
        return outcome(askNow());
    }

    /** Waits for what {@link #ask} returned, which has a time limit of its own. */
    static Confirmation outcome(CompletableFuture<Confirmation> asked) {
        try {
            return asked.get();
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QuorumUnconfirmedException("interrupted while waiting for a quorum", e);
        }
    }

    /** Like {@link #outcome(CompletableFuture)}, but waits no longer than that. */
    static Confirmation outcome(CompletableFuture<Confirmation> asked, Deadline deadline) {
        try {
            return asked.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (TimeoutException e) {
            throw new QuorumUnconfirmedException("no quorum confirmed in time what is known; try again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QuorumUnconfirmedException("interrupted while waiting for a quorum", e);
        }
    }

    private static QuorumUnconfirmedException failure(ExecutionException e) {
        return e.getCause() instanceof QuorumUnconfirmedException unconfirmed
                ? new QuorumUnconfirmedException(unconfirmed.getMessage(), unconfirmed)
                : new QuorumUnconfirmedException("the quorum was not asked: " + e.getCause(), e.getCause());
    }

    /** That a quorum was there. It ages. */
    @FunctionalInterface
    interface Confirmation {
        /**
         * Whether an answer from the view as it was read since may be given now: the confirmation is young enough, also
         * if this process was paused meanwhile, and the view was not rebuilt in between.
         */
        boolean holds();
    }
}
