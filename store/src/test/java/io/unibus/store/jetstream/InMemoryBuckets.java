package io.unibus.store.jetstream;

import io.unibus.store.QuorumUnconfirmedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The buckets in memory, always with a quorum. Each {@link Client} follows them with feeds of its own, which are told at
 * once, or each in its own time, so that one bucket's news come long before another's.
 */
final class InMemoryBuckets {
    private static final EntryListener IGNORE = new EntryListener() {
        @Override
        public void apply(Entry entry) {}

        @Override
        public void clear() {}
    };

    private final Map<Bucket, Stream> streams = new EnumMap<>(Bucket.class);
    private final long feedDelayNanos;

    private InMemoryBuckets(Duration longestFeedDelay) {
        this.feedDelayNanos = longestFeedDelay.toNanos();
        for (Bucket bucket : Bucket.values()) {
            streams.put(bucket, new Stream());
        }
    }

    static InMemoryBuckets toldAtOnce() {
        return new InMemoryBuckets(Duration.ZERO);
    }

    /** @param longest how much later than the acknowledgement a feed may hear of a write */
    static InMemoryBuckets toldLate(Duration longest) {
        return new InMemoryBuckets(longest);
    }

    /** The records that are there now, by key. */
    SortedMap<String, Entry> records(Bucket bucket) {
        SortedMap<String, Entry> records = new TreeMap<>();
        for (Entry entry : stream(bucket).from(1)) {
            if (!entry.deleted() && Keys.isRecord(entry.key())) {
                records.put(entry.key(), entry);
            }
        }
        return records;
    }

    Client client() {
        return new Client();
    }

    private Stream stream(Bucket bucket) {
        return streams.getOrDefault(bucket, new Stream());
    }

    private static final class Stream {
        private final Map<String, Entry> byKey = new HashMap<>();
        private final TreeMap<Long, Entry> entries = new TreeMap<>();
        private final List<Follower> followers = new ArrayList<>();
        private long last;

        synchronized OptionalLong write(String key, byte[] value, boolean deleted, Expectation expectation) {
            return holds(key, expectation) ? OptionalLong.of(take(key, value, deleted)) : OptionalLong.empty();
        }

        synchronized OptionalLong writeAll(List<BatchPut> puts) {
            if (!puts.stream().allMatch(put -> holds(put.key(), put.expectation()))) {
                return OptionalLong.empty();
            }
            puts.forEach(put -> take(put.key(), put.value(), false));
            return OptionalLong.of(last);
        }

        private boolean holds(String key, Expectation expectation) {
            Entry before = byKey.get(key);
            long revision = before == null ? 0 : before.revision();
            return !(expectation instanceof Expectation.KeyAt at && at.revision() != revision)
                    && !(expectation instanceof Expectation.BucketAt whole && whole.revision() != last);
        }

        private long take(String key, byte[] value, boolean deleted) {
            last++;
            Entry entry = new Entry(key, value, last, deleted, Instant.EPOCH.plusMillis(last));
            Entry before = byKey.put(key, entry);
            if (before != null) {
                entries.remove(before.revision());
            }
            entries.put(last, entry);
            followers.forEach(follower -> follower.hear(entry));
            return last;
        }

        synchronized Optional<Entry> get(String key) {
            return Optional.ofNullable(byKey.get(key));
        }

        synchronized List<Entry> from(long sequence) {
            return List.copyOf(entries.tailMap(sequence, true).values());
        }

        synchronized long last() {
            return last;
        }

        synchronized void attach(Follower follower) {
            follower.filledAt = last;
            entries.values().forEach(follower::hear);
            followers.add(follower);
        }

        synchronized void detach(Follower follower) {
            followers.remove(follower);
        }
    }

    /** One node's access. Whoever asked for it closes it. */
    final class Client implements Writes, Reads, AutoCloseable {
        private final List<Follower> followers = new ArrayList<>();
        private final RoomView rooms = new RoomView();
        private final UserView users = new UserView();
        private final AtomicInteger gets = new AtomicInteger();
        private volatile boolean cutOff;

        /** From now on this client reaches no quorum. */
        void cutOff() {
            cutOff = true;
        }

        /** How many single keys this client has read. */
        int gets() {
            return gets.get();
        }

        /** A store on these buckets, whose writes go through {@code writes}. */
        JetStreamStore store(JetStreamOptions options, Writes writes, Executor background) {
            Buckets buckets = new Buckets(
                    writes,
                    this,
                    Map.of(
                            Bucket.ROOMS, follow(Bucket.ROOMS, rooms),
                            Bucket.MEMBERS, follow(Bucket.MEMBERS, IGNORE),
                            Bucket.USERS, follow(Bucket.USERS, users),
                            Bucket.ROOM_KEYS, follow(Bucket.ROOM_KEYS, IGNORE),
                            Bucket.ROOMS_BY_MEMBER, follow(Bucket.ROOMS_BY_MEMBER, IGNORE)),
                    options.operationTimeout(),
                    options.nanoTime());
            Timer never = (delay, task) -> {};
            return new JetStreamStore(buckets, rooms, users, options, never, background, this::close);
        }

        RoomView rooms() {
            return rooms;
        }

        Fence follow(Bucket bucket, EntryListener listener) {
            Follower follower = new Follower(bucket, listener, () -> cutOff);
            followers.add(follower);
            stream(bucket).attach(follower);
            follower.start();
            return follower;
        }

        @Override
        public CompletableFuture<OptionalLong> put(Bucket bucket, String key, byte[] value, Expectation expectation) {
            return CompletableFuture.completedFuture(stream(bucket).write(key, value, false, expectation));
        }

        @Override
        public CompletableFuture<OptionalLong> delete(Bucket bucket, String key, Expectation expectation) {
            return CompletableFuture.completedFuture(stream(bucket).write(key, new byte[0], true, expectation));
        }

        @Override
        public CompletableFuture<OptionalLong> putAll(Bucket bucket, List<BatchPut> puts) {
            return CompletableFuture.completedFuture(stream(bucket).writeAll(puts));
        }

        @Override
        public Map<String, Entry> anywhere(Bucket bucket, Collection<String> keys) {
            return keys.stream()
                    .flatMap(key -> stream(bucket).get(key).stream())
                    .collect(Collectors.toMap(Entry::key, Function.identity()));
        }

        @Override
        public Optional<Entry> anywhere(Bucket bucket, String key) {
            gets.incrementAndGet();
            return stream(bucket).get(key);
        }

        @Override
        public Optional<Entry> atLeader(Bucket bucket, String key) {
            gets.incrementAndGet();
            return stream(bucket).get(key);
        }

        @Override
        public Page page(Bucket bucket, long fromSequence, int limit) {
            List<Entry> entries = stream(bucket).from(fromSequence);
            int size = Math.min(limit, entries.size());
            return new Page(entries.subList(0, size), (long) entries.size() - size);
        }

        @Override
        public void close() {
            followers.forEach(Follower::close);
        }
    }

    /** One bucket's feed to one client, and its fence. */
    private final class Follower implements Fence {
        private static final int ONE_IN = 50;

        private final Bucket bucket;
        private final EntryListener listener;
        private final BooleanSupplier cutOff;
        private final BlockingQueue<Entry> news = new LinkedBlockingQueue<>();
        private final TreeMap<Long, CompletableFuture<Confirmation>> awaited = new TreeMap<>();
        private final AtomicInteger asked = new AtomicInteger();
        private final Random random = new Random(1);
        private final @Nullable Thread thread;
        private long applied;
        /** The last revision there was in the beginning. */
        private long filledAt;

        Follower(Bucket bucket, EntryListener listener, BooleanSupplier cutOff) {
            this.cutOff = cutOff;
            this.bucket = bucket;
            this.listener = listener;
            this.thread = feedDelayNanos == 0 ? null : new Thread(this::tell, "test-feed-" + bucket);
        }

        void start() {
            if (filledAt == 0) {
                listener.filled();
            }
            if (thread != null) {
                thread.setDaemon(true);
                thread.start();
            }
        }

        void hear(Entry entry) {
            if (thread == null) {
                apply(entry);
            } else {
                news.add(entry);
            }
        }

        void close() {
            stream(bucket).detach(this);
            if (thread != null) {
                thread.interrupt();
            }
        }

        @Override
        public CompletableFuture<Confirmation> ask() {
            return cutOff.getAsBoolean()
                    ? unconfirmed()
                    : reached(stream(bucket).last());
        }

        @Override
        public CompletableFuture<Confirmation> askNow() {
            if (cutOff.getAsBoolean()) {
                return unconfirmed();
            }
            return reached(stream(bucket)
                    .write("_fence.test", new byte[0], false, Expectation.NOTHING)
                    .getAsLong());
        }

        @Override
        public void awaitApplied(long revision) {
            Fence.outcome(reached(revision));
        }

        private static CompletableFuture<Confirmation> unconfirmed() {
            return CompletableFuture.failedFuture(new QuorumUnconfirmedException("cut off by the test", null));
        }

        private CompletableFuture<Confirmation> reached(long revision) {
            boolean holds = asked.incrementAndGet() % ONE_IN != 0;
            synchronized (awaited) {
                return applied >= revision
                        ? CompletableFuture.completedFuture(() -> holds)
                        : awaited.computeIfAbsent(revision, unused -> new CompletableFuture<>());
            }
        }

        private void tell() {
            try {
                while (true) {
                    Entry entry = news.take();
                    if (random.nextInt(4) == 0) {
                        LockSupport.parkNanos((long) (random.nextDouble() * feedDelayNanos));
                    }
                    apply(entry);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void apply(Entry entry) {
            listener.apply(entry);
            if (entry.revision() == filledAt) {
                listener.filled();
            }
            List<CompletableFuture<Confirmation>> reached;
            synchronized (awaited) {
                applied = entry.revision();
                Map<Long, CompletableFuture<Confirmation>> done = awaited.headMap(applied, true);
                reached = new ArrayList<>(done.values());
                done.clear();
            }
            reached.forEach(future -> future.complete(() -> true));
        }
    }
}
