package io.unibus.store.jetstream;

import java.util.List;
import java.util.Map;

/** Follows buckets in memory, of which it hears everything at once. */
final class InMemoryFollowing implements Following {
    /** So that few rooms are several chunks. */
    private static final KvImport.Chunk SMALL = new KvImport.Chunk(2, 7);

    private final InMemoryBuckets.Client client;
    private final List<Fence> fences;

    InMemoryFollowing(InMemoryBuckets.Client client, Map<Bucket, EntryListener> listeners) {
        this.client = client;
        this.fences = listeners.entrySet().stream()
                .map(entry -> client.follow(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** The buckets as a target, whose writes go through {@code writes}. */
    static KvTarget target(InMemoryBuckets buckets, Writes writes) {
        InMemoryBuckets.Client reads = buckets.client();
        return new KvTarget(
                writes,
                reads,
                listeners -> new InMemoryFollowing(buckets.client(), listeners),
                SMALL,
                System::nanoTime,
                () -> {});
    }

    @Override
    public void awaitWhole() {}

    @Override
    public void confirmNow() {
        fences.forEach(Fence::confirmNow);
    }

    @Override
    public void close() {
        client.close();
    }
}
