package io.unibus.store.jetstream;

import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bucket followed in memory: tells a listener of every entry in the order of the revisions, live while they come
 * without a gap, otherwise repaired by pages from any replica. It has a thread for repairs. Thread-safe; who started it
 * closes it.
 *
 * <p>A page holds the last write of each key only, and what was overwritten while it was read is missing: after a repair
 * the view is right again once everything that was written until its end is applied. So every repair begins another
 * generation, and a mark of {@link #whole} is given only between repairs.
 *
 * <p>Not guaranteed: that the view is new. Only a fence that begins at a mark and is reached says so.
 */
final class Feed implements Tail, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Feed.class);
    private static final int LARGEST_BUFFER = 10_000;
    private static final int PAGE = 4_000;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final Bucket bucket;
    private final Live live;
    private final Reads reads;
    private final Inspection inspection;
    private final EntryListener listener;
    private final Thread worker;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final TreeMap<Long, Entry> early = new TreeMap<>();
    private final TreeMap<Long, CompletableFuture<Void>> awaited = new TreeMap<>();
    private CompletableFuture<Void> repaired = new CompletableFuture<>();
    private long applied;
    private Instant appliedTime = Instant.MIN;
    private @Nullable Instant created;
    private Live.@Nullable Session session;
    /** The revision that the repair must reach: one that was seen or acknowledged. */
    private long wanted;

    /** The stream may have been replaced since the repair under way looked. */
    private boolean suspicious;
    /** The stream was replaced: the next repair begins from nothing. */
    private boolean anew;

    private boolean closed;
    private boolean failing;
    /** Odd while a repair is wanted or under way. */
    private volatile long generation = 1;

    private long repairs;

    Feed(Bucket bucket, Live live, Reads reads, Inspection inspection, EntryListener listener) {
        this.bucket = bucket;
        this.live = live;
        this.reads = reads;
        this.inspection = inspection;
        this.listener = listener;
        this.worker = new Thread(this::work, "unibus-feed-" + bucket.bucketName());
        this.worker.setDaemon(true);
    }

    /** Begins to follow; the view fills in the background. */
    void start() {
        worker.start();
    }

    /** The revision up to which the listener was told. */
    long applied() {
        lock.lock();
        try {
            return applied;
        } finally {
            lock.unlock();
        }
    }

    /** How often the view was read by pages, the first time included. */
    long repairs() {
        lock.lock();
        try {
            return repairs;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<Mark> whole() {
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(closedException());
            }
            if (!isBroken() && !isSameSession()) {
                breakOff();
            }
            return isBroken()
                    ? repaired.thenCompose(done -> whole())
                    : CompletableFuture.completedFuture(new Mark(generation, applied));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean stands(Mark mark) {
        return generation == mark.generation();
    }

    @Override
    public CompletableFuture<Void> reached(long revision) {
        lock.lock();
        try {
            if (closed) {
                return CompletableFuture.failedFuture(closedException());
            }
            return applied >= revision
                    ? CompletableFuture.allOf()
                    : awaited.computeIfAbsent(revision, unused -> new CompletableFuture<>())
                            .copy();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void fetch(long revision) {
        lock.lock();
        try {
            if (applied < revision) {
                wanted = Math.max(wanted, revision);
                breakOff();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void rebuild() {
        lock.lock();
        try {
            anew = true;
            breakOff();
        } finally {
            lock.unlock();
        }
    }

    /** A republished entry. Called from one thread at a time for each subscription. */
    void receive(Entry entry) {
        List<CompletableFuture<Void>> reached = new ArrayList<>();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (entry.revision() <= applied) {
                // Late, after a repair that overtook it; or the first of a stream that took this one's place.
                if (entry.time().isAfter(appliedTime)) {
                    suspicious = true;
                    breakOff();
                }
                return;
            }
            keep(entry);
            if (!isBroken()) {
                applyEarly(reached);
                if (!early.isEmpty()) {
                    breakOff();
                }
            }
        } catch (RuntimeException e) {
            log.error("an entry of {} could not be taken into the view; it is refused from here on", bucket, e);
            breakOff();
        } finally {
            lock.unlock();
        }
        reached.forEach(future -> future.complete(null));
    }

    @Override
    public void close() {
        List<CompletableFuture<Void>> waiting;
        CompletableFuture<Void> repair;
        lock.lock();
        try {
            closed = true;
            generation |= 1;
            waiting = new ArrayList<>(awaited.values());
            awaited.clear();
            repair = repaired;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        waiting.forEach(future -> future.completeExceptionally(closedException()));
        repair.completeExceptionally(closedException());
        worker.interrupt();
        live.close();
        joinWorker();
    }

    private void joinWorker() {
        try {
            worker.join(CLOSE_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isBroken() {
        return (generation & 1) == 1;
    }

    /** From here on the view may not be answered from, until a repair has ended. */
    private void breakOff() {
        generation |= 1;
        changed.signalAll();
    }

    private boolean isSameSession() {
        try {
            return live.session().equals(session);
        } catch (StoreUnavailableException e) {
            return false;
        }
    }

    private void keep(Entry entry) {
        if (early.size() >= LARGEST_BUFFER) {
            // What is dropped is read again: the repair must come at least as far.
            wanted = Math.max(wanted, Math.max(early.lastKey(), entry.revision()));
            early.clear();
            breakOff();
            return;
        }
        early.put(entry.revision(), entry);
    }

    /** Applies what follows without a gap. */
    private void applyEarly(List<CompletableFuture<Void>> reached) {
        early.headMap(applied, true).clear();
        for (Entry next = early.get(applied + 1); next != null; next = early.get(applied + 1)) {
            apply(next, reached);
            early.remove(next.revision());
        }
    }

    private void apply(Entry entry, List<CompletableFuture<Void>> reached) {
        listener.apply(entry);
        applied = entry.revision();
        appliedTime = entry.time();
        Map<Long, CompletableFuture<Void>> done = awaited.headMap(applied, true);
        reached.addAll(done.values());
        done.clear();
    }

    private void work() {
        Duration pause = SHORTEST_PAUSE;
        try {
            while (awaitWork()) {
                boolean whole = false;
                long before = applied();
                try {
                    whole = repair();
                } catch (StoreException e) {
                    log.debug("{} is not repaired yet: {}", bucket, e.getMessage());
                } catch (RuntimeException e) {
                    reportOnce(e);
                }
                if (whole || applied() != before) {
                    pause = SHORTEST_PAUSE;
                }
                if (!whole) {
                    pauseFor(pause);
                    pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
                }
            }
        } catch (InterruptedException e) {
            // Only close interrupts this thread.
            Thread.currentThread().interrupt();
        }
    }

    private void reportOnce(RuntimeException failure) {
        if (!failing) {
            failing = true;
            log.error("the view of {} cannot be brought up to date, and nothing is answered from it", bucket, failure);
        }
    }

    private boolean awaitWork() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && !isBroken()) {
                changed.await();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void pauseFor(Duration pause) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = pause.toNanos();
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * One round: makes sure of the subscription and of the identity of the stream, and reads what a replica has beyond
     * the view. Returns whether nothing is missing now, as far as is known.
     */
    boolean repair() {
        Live.Session present = live.attach(this::receive);
        Inspection.Facts before = inspection.facts(bucket);
        begin(before);
        readPages();
        long seen = highestSeen();
        Inspection.Facts after = inspection.facts(bucket);
        return end(present, before, after, seen);
    }

    private void begin(Inspection.Facts facts) {
        List<CompletableFuture<Void>> abandoned = new ArrayList<>();
        lock.lock();
        try {
            repairs++;
            suspicious = false;
            if (anew || !facts.created().equals(created)) {
                if (created != null) {
                    log.warn("{} is not the stream it was; its view is built anew", bucket);
                }
                forget(facts, abandoned);
            }
        } finally {
            lock.unlock();
        }
        abandoned.forEach(future -> future.completeExceptionally(
                new StoreUnavailableException(bucket.bucketName() + " was created anew; try again", null)));
    }

    private void forget(Inspection.Facts facts, List<CompletableFuture<Void>> abandoned) {
        listener.clear();
        applied = 0;
        appliedTime = Instant.MIN;
        wanted = 0;
        early.clear();
        created = facts.created();
        anew = false;
        abandoned.addAll(awaited.values());
        awaited.clear();
    }

    private void readPages() {
        Reads.Page page;
        do {
            page = reads.page(bucket, applied() + 1, PAGE);
        } while (applyPage(page) && page.remaining() > 0);
    }

    /** Returns whether it brought anything. */
    private boolean applyPage(Reads.Page page) {
        List<CompletableFuture<Void>> reached = new ArrayList<>();
        lock.lock();
        try {
            long before = applied;
            for (Entry entry : page.entries()) {
                if (entry.revision() > applied) {
                    apply(entry, reached);
                }
            }
            return applied > before;
        } finally {
            lock.unlock();
            reached.forEach(future -> future.complete(null));
        }
    }

    private long highestSeen() {
        lock.lock();
        try {
            return early.isEmpty() ? wanted : Math.max(wanted, early.lastKey());
        } finally {
            lock.unlock();
        }
    }

    /** What was seen before the leader was asked and is beyond what it knows was never written, or comes again. */
    private void forgetUnknown(long seen, long lastSequence) {
        if (seen > lastSequence) {
            early.subMap(lastSequence, false, seen, true).clear();
            wanted = wanted <= seen ? Math.min(wanted, lastSequence) : wanted;
        }
    }

    private boolean end(Live.Session present, Inspection.Facts before, Inspection.Facts after, long seen) {
        List<CompletableFuture<Void>> reached = new ArrayList<>();
        CompletableFuture<Void> done;
        lock.lock();
        try {
            if (closed || anew || suspicious || !after.created().equals(before.created())) {
                return false;
            }
            forgetUnknown(seen, after.lastSequence());
            applyEarly(reached);
            if (!early.isEmpty() || applied < wanted) {
                return false;
            }
            listener.filled();
            session = present;
            failing = false;
            long next = generation + 1;
            generation = next;
            done = repaired;
            repaired = new CompletableFuture<>();
            changed.signalAll();
        } finally {
            lock.unlock();
            reached.forEach(future -> future.complete(null));
        }
        done.complete(null);
        return true;
    }

    private static StoreUnavailableException closedException() {
        return new StoreUnavailableException("the store is closed", null);
    }
}
