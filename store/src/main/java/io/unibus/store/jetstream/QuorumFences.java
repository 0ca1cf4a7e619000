package io.unibus.store.jetstream;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.LongSupplier;

/**
 * The fences of the five buckets and the feeds under those that are followed in memory. Thread-safe; who opened it closes
 * it, before the connection.
 */
final class QuorumFences implements AutoCloseable {
    private final ScheduledThreadPoolExecutor executor;
    private final Map<Bucket, Feed> feeds;
    private final Map<Bucket, QuorumFence> fences;

    private QuorumFences(
            ScheduledThreadPoolExecutor executor, Map<Bucket, Feed> feeds, Map<Bucket, QuorumFence> fences) {
        this.executor = executor;
        this.feeds = feeds;
        this.fences = fences;
    }

    /**
     * Begins to follow the buckets that have a listener; returns at once.
     *
     * @param node the name of this node, of characters that a key may have, different from that of any other node
     */
    static QuorumFences open(
            Link link,
            Map<Bucket, EntryListener> listeners,
            LongSupplier nanoTime,
            QuorumFence.Limits limits,
            String node) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "unibus-store-timer");
            thread.setDaemon(true);
            return thread;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        Timer timer = Timer.on(executor);
        // Of their own, so that no bulk of other writes keeps a fence from being sent.
        Writes writes = new JetStreamWrites(link, timer, nanoTime, limits.operation());
        JetStreamReads reads = new JetStreamReads(link, nanoTime, limits.operation());
        Map<Bucket, Feed> feeds = new EnumMap<>(Bucket.class);
        Map<Bucket, QuorumFence> fences = new EnumMap<>(Bucket.class);
        for (Bucket bucket : Bucket.values()) {
            Tail tail = Tail.NONE;
            EntryListener listener = listeners.get(bucket);
            if (listener != null) {
                Feed feed = new Feed(bucket, new JetStreamLive(link, bucket), reads, reads, listener);
                feeds.put(bucket, feed);
                tail = feed;
            }
            fences.put(bucket, new QuorumFence(bucket, tail, writes, timer, nanoTime, limits, node));
        }
        feeds.values().forEach(Feed::start);
        return new QuorumFences(executor, feeds, fences);
    }

    Fence of(Bucket bucket) {
        return fence(bucket);
    }

    /** Of a bucket that is followed. */
    Optional<Feed> feed(Bucket bucket) {
        return Optional.ofNullable(feeds.get(bucket));
    }

    /** For short tasks that do not block; they end with this. */
    Timer timer() {
        return Timer.on(executor);
    }

    /** What the fence of a bucket did so far. */
    QuorumFence.Figures figures(Bucket bucket) {
        return fence(bucket).figures();
    }

    private QuorumFence fence(Bucket bucket) {
        QuorumFence fence = fences.get(bucket);
        if (fence == null) {
            throw new IllegalStateException("no fence of " + bucket);
        }
        return fence;
    }

    @Override
    public void close() {
        fences.values().forEach(QuorumFence::close);
        feeds.values().forEach(Feed::close);
        executor.shutdownNow();
    }
}
