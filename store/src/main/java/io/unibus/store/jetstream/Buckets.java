package io.unibus.store.jetstream;

import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * All of the buckets that the operations use: writes that are waited for, reads, and the fence of each. Thread-safe. Every
 * write of every operation goes through {@link Writes}.
 *
 * @param limit how long to wait for a write, which has a limit of its own that is shorter
 * @param nanoTime the clock of the limit
 */
record Buckets(Writes writes, Reads reads, Map<Bucket, Fence> fences, Duration limit, LongSupplier nanoTime) {
    Buckets {
        fences = Map.copyOf(fences);
    }

    Fence fence(Bucket bucket) {
        return Objects.requireNonNull(fences.get(bucket));
    }

    Fence rooms() {
        return fence(Bucket.ROOMS);
    }

    Fence users() {
        return fence(Bucket.USERS);
    }

    /** For what has no limit from its caller. */
    Deadline deadline() {
        return Deadline.in(limit, nanoTime);
    }

    /** Looks at the views, and answers only if what the quorums of these buckets confirmed before still holds after. */
    <T> T answer(Set<Bucket> buckets, Supplier<T> look, Deadline deadline) {
        do {
            List<CompletableFuture<Fence.Confirmation>> asked =
                    buckets.stream().map(bucket -> fence(bucket).ask()).toList();
            List<Fence.Confirmation> confirmations =
                    asked.stream().map(it -> Fence.outcome(it, deadline)).toList();
            T answer = look.get();
            if (confirmations.stream().allMatch(Fence.Confirmation::holds)) {
                return answer;
            }
        } while (!deadline.hasPassed());
        throw new QuorumUnconfirmedException(
                "the quorum's confirmation was too old whenever the answer was there; try again", null);
    }

    /** Returns when the quorum of each bucket has taken a write that began after this call, and the views have it. */
    void confirmNow(Set<Bucket> buckets, Deadline deadline) {
        List<CompletableFuture<Fence.Confirmation>> asked =
                buckets.stream().map(bucket -> fence(bucket).askNow()).toList();
        asked.forEach(it -> Fence.outcome(it, deadline));
    }

    /** Waits for the write; empty when a server refused it, which is not final. */
    OptionalLong put(Bucket bucket, String key, byte[] value, Expectation expectation) {
        return await(writes.put(bucket, key, value, expectation), limit);
    }

    /** Waits for the write; empty when a server refused it, which is not final. */
    OptionalLong delete(Bucket bucket, String key, Expectation expectation) {
        return await(writes.delete(bucket, key, expectation), limit);
    }

    /**
     * Writes values that nobody reads yet, or that are the same whoever writes them, so that an unknown outcome is as good as
     * none: in batches, all of them in flight at once.
     *
     * @throws StoreUnavailableException when one of them may not have been written
     */
    void putAll(Bucket bucket, List<BatchPut> puts, Deadline deadline) {
        List<CompletableFuture<OptionalLong>> batches = new ArrayList<>();
        for (int begin = 0; begin < puts.size(); begin += Writes.MOST_IN_BATCH) {
            deadline.check("what was to be prepared in " + bucket.bucketName());
            int end = Math.min(puts.size(), begin + Writes.MOST_IN_BATCH);
            batches.add(writes.putAll(bucket, puts.subList(begin, end)));
        }
        batches.forEach(batch -> awaitCertain(batch, deadline));
    }

    private static void awaitCertain(CompletableFuture<OptionalLong> write, Deadline deadline) {
        try {
            await(write, deadline.left());
        } catch (OutcomeUnknownException e) {
            throw new StoreUnavailableException("a preparing write was not confirmed: " + e.getMessage(), e);
        }
    }

    /**
     * Waits until the own view has a write that a quorum acknowledged. When that takes too long the write is no less done:
     * only reading it here may need another moment.
     */
    static void awaitOwn(Fence fence, long revision) {
        try {
            fence.awaitApplied(revision);
        } catch (QuorumUnconfirmedException e) {
            // Done and durable; what a reader gets until the view has caught up is no answer or the state before.
        }
    }

    /** What a view says when it has everything that was acknowledged before this call. */
    static <T> T lookBehind(Fence fence, Supplier<T> look, Deadline deadline) {
        do {
            Fence.Confirmation confirmation = Fence.outcome(fence.askNow(), deadline);
            T seen = look.get();
            if (confirmation.holds()) {
                return seen;
            }
        } while (!deadline.hasPassed());
        throw new QuorumUnconfirmedException("the view was rebuilt again and again; try again", null);
    }

    /** Waits for a write; empty when a server refused it, which is not final. */
    static OptionalLong await(CompletableFuture<OptionalLong> write, Duration time) {
        try {
            return write.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException fault) {
                throw fault;
            }
            throw new OutcomeUnknownException("a write ended in an unexpected way: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new OutcomeUnknownException("a write was not answered in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OutcomeUnknownException("the wait for a write was interrupted", e);
        }
    }
}
