package io.unibus.store.jetstream;

import io.unibus.store.QuorumUnconfirmedException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/** Follows the buckets of real servers. */
final class QuorumFollowing implements Following {
    /** Not the name of a node, and whoever has it may write its fences: only their acknowledgements count. */
    private static final String NAME = "command";

    private static final Duration LOOK = Duration.ofMillis(200);

    private final QuorumFences fences;
    private final Map<Bucket, Feed> feeds = new EnumMap<>(Bucket.class);
    private final LongSupplier nanoTime;
    private final Duration timeout;

    /** @param timeout how long a fence may take, and for how long no entry may come while there are some */
    QuorumFollowing(Link link, Map<Bucket, EntryListener> listeners, LongSupplier nanoTime, Duration timeout) {
        this.fences =
                QuorumFences.open(link, listeners, nanoTime, new QuorumFence.Limits(timeout, Duration.ZERO), NAME);
        this.nanoTime = nanoTime;
        this.timeout = timeout;
        for (Bucket bucket : listeners.keySet()) {
            fences.feed(bucket).ifPresent(feed -> feeds.put(bucket, feed));
        }
    }

    @Override
    public void awaitWhole() {
        feeds.forEach((bucket, feed) -> {
            try {
                awaitWhole(bucket, feed);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new QuorumUnconfirmedException("interrupted while reading " + bucket.bucketName(), e);
            }
        });
    }

    private void awaitWhole(Bucket bucket, Feed feed) throws InterruptedException {
        long applied = feed.applied();
        long deadline = nanoTime.getAsLong() + timeout.toNanos();
        while (!isWhole(feed)) {
            if (feed.applied() != applied) {
                applied = feed.applied();
                deadline = nanoTime.getAsLong() + timeout.toNanos();
            } else if (nanoTime.getAsLong() - deadline >= 0) {
                throw new QuorumUnconfirmedException(
                        "bucket " + bucket.bucketName() + " cannot be read: nothing came for " + timeout.toSeconds()
                                + " s. To do: see with `unibus status` whether a majority of the nodes runs, then try"
                                + " again.",
                        null);
            }
        }
    }

    private static boolean isWhole(Feed feed) throws InterruptedException {
        try {
            feed.whole().get(LOOK.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("only closing ends a feed, which is done here", e);
        }
    }

    @Override
    public void confirmNow() {
        List<CompletableFuture<Fence.Confirmation>> asked = feeds.keySet().stream()
                .map(bucket -> fences.of(bucket).askNow())
                .toList();
        asked.forEach(Fence::outcome);
    }

    @Override
    public void close() {
        fences.close();
    }
}
