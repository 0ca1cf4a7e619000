package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the buckets of members and of rooms by member say what the records of the rooms say: after each change that this
 * node has committed, in the background, and again in each repair. Nothing is decided on these buckets. Thread-safe.
 *
 * <p>An entry is written by compare-and-set on a revision that was read before a read barrier, behind which the record was
 * looked at, and is compared with the record once more behind another barrier. Whoever commits a change writes each entry that
 * it concerns, also one that looks right. So an entry is right in the end, however late a writer is. If its last writer dies
 * between the two barriers, it may stay wrong until a repair reads the whole bucket, at first and about once an hour.
 */
final class MembershipProjector {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipProjector.class);
    private static final List<Bucket> PROJECTIONS = List.of(Bucket.MEMBERS, Bucket.ROOMS_BY_MEMBER);
    /** More than so many are left to the next repair. */
    private static final int MOST_PENDING = 50_000;
    /** So many entries of one bucket are written at once. */
    private static final int AT_ONCE = 100;

    private static final int ATTEMPTS = 5;
    /** So that even what no view heard of is noticed, as when a bucket was restored from a backup. */
    private static final int REPAIRS_PER_SCAN = 60;

    private final Buckets buckets;
    private final RoomView view;
    private final Executor background;
    /** The memberships that this node's changes concern. */
    private final Set<Keys.OfMember> pending = new LinkedHashSet<>();

    private boolean running;
    private int repairs;

    MembershipProjector(Buckets buckets, RoomView view, Executor background) {
        this.buckets = buckets;
        this.view = view;
        this.background = background;
    }

    /** Begins to write what a change of a room, just committed, made of the memberships of these endpoints. */
    void change(RoomId room, Collection<Endpoint> endpoints) {
        synchronized (pending) {
            for (Endpoint endpoint : endpoints) {
                if (pending.size() < MOST_PENDING) {
                    pending.add(new Keys.OfMember(room, endpoint));
                }
            }
            if (running || pending.isEmpty()) {
                return;
            }
            running = true;
        }
        try {
            background.execute(this::run);
        } catch (RejectedExecutionException e) {
            synchronized (pending) {
                running = false;
            }
            LOG.debug("closing: left to the repair of another node: {} memberships of {}", endpoints.size(), room);
        }
    }

    private void run() {
        for (Set<Keys.OfMember> next = take(); !next.isEmpty(); next = take()) {
            try {
                for (Bucket bucket : PROJECTIONS) {
                    view.giveBackChanged(Optional.of(write(bucket, readable(next), true, new AtomicInteger())));
                }
            } catch (StoreException e) {
                view.giveBackChanged(Optional.of(next));
                LOG.debug("left to the next repair: {} memberships", next.size(), e);
            } catch (RuntimeException e) {
                LOG.error("the projection of memberships failed, and is left to the next repair; report this", e);
            }
        }
    }

    private Set<Keys.OfMember> take() {
        Set<Keys.OfMember> taken = new LinkedHashSet<>();
        synchronized (pending) {
            Iterator<Keys.OfMember> all = pending.iterator();
            while (all.hasNext() && taken.size() < AT_ONCE) {
                taken.add(all.next());
                all.remove();
            }
            running = !taken.isEmpty();
        }
        return taken;
    }

    /**
     * Makes the entries of a bucket say what the records say.
     *
     * @param always whether to write also what looks right already, as whoever committed a change does
     * @param written counts those that were written
     * @return those that are left to the next repair
     */
    private List<Keys.OfMember> write(
            Bucket bucket, Collection<Keys.OfMember> keys, boolean always, AtomicInteger written) {
        List<Keys.OfMember> left = new ArrayList<>(keys);
        for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
            List<Keys.OfMember> again = new ArrayList<>();
            for (int begin = 0; begin < left.size(); begin += AT_ONCE) {
                List<Keys.OfMember> next = left.subList(begin, Math.min(left.size(), begin + AT_ONCE));
                again.addAll(writeOnce(bucket, next, always, written));
            }
            left = again;
        }
        return left;
    }

    /** Returns those that somebody else wrote meanwhile, or whose record changed, or of which nobody knows. */
    private List<Keys.OfMember> writeOnce(
            Bucket bucket, List<Keys.OfMember> keys, boolean always, AtomicInteger written) {
        Map<String, Entry> found = buckets.reads()
                .anywhere(bucket, keys.stream().map(key -> name(bucket, key)).toList());
        buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        Map<Keys.OfMember, Optional<Member>> decided = new LinkedHashMap<>();
        Map<Keys.OfMember, CompletableFuture<OptionalLong>> writes = new LinkedHashMap<>();
        for (Keys.OfMember key : keys) {
            Optional<Entry> entry = Optional.ofNullable(found.get(name(bucket, key)));
            Optional<Member> member = view.member(key);
            if (always || !isRight(entry, member)) {
                decided.put(key, member);
                writes.put(
                        key, put(bucket, key, member, entry.map(Entry::revision).orElse(0L)));
            }
        }
        List<Keys.OfMember> again = new ArrayList<>();
        writes.forEach((key, write) -> {
            if (!isDone(write)) {
                again.add(key);
                decided.remove(key);
            }
        });
        if (!decided.isEmpty()) {
            buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        }
        decided.forEach((key, member) -> {
            if (!member.equals(view.member(key))) {
                again.add(key);
            }
        });
        written.addAndGet(decided.size());
        return again;
    }

    private static boolean isRight(Optional<Entry> entry, Optional<Member> member) {
        Optional<Entry> present = entry.filter(it -> !it.deleted());
        return present.isPresent() == member.isPresent()
                && present.map(it -> Arrays.equals(it.value(), MembershipRecord.toJson(member.orElseThrow())))
                        .orElse(true);
    }

    private CompletableFuture<OptionalLong> put(
            Bucket bucket, Keys.OfMember key, Optional<Member> member, long revision) {
        Expectation expected = new Expectation.KeyAt(revision);
        return member.isPresent()
                ? buckets.writes().put(bucket, name(bucket, key), MembershipRecord.toJson(member.get()), expected)
                : buckets.writes().delete(bucket, name(bucket, key), expected);
    }

    private boolean isDone(CompletableFuture<OptionalLong> write) {
        try {
            return Buckets.await(write, buckets.limit()).isPresent();
        } catch (OutcomeUnknownException e) {
            return false;
        }
    }

    private static String name(Bucket bucket, Keys.OfMember key) {
        return bucket == Bucket.MEMBERS
                ? Keys.member(key.room(), key.endpoint())
                : Keys.roomByMember(key.endpoint(), key.room());
    }

    /**
     * Puts right what the changes since the last repair left wrong, whoever made them, and at first and now and then whatever
     * is wrong. To be called by one thread.
     *
     * @return how many entries were put right
     */
    int repair() {
        Optional<Set<Keys.OfMember>> changed = view.takeChanged();
        boolean scans = repairs == 0 || changed.isEmpty();
        AtomicInteger written = new AtomicInteger();
        boolean done = false;
        try {
            for (Bucket bucket : PROJECTIONS) {
                Set<Keys.OfMember> keys = scans ? scan(bucket) : changed.orElseThrow();
                view.giveBackChanged(Optional.of(write(bucket, readable(keys), false, written)));
            }
            repairs = (repairs + 1) % REPAIRS_PER_SCAN;
            done = true;
            return written.get();
        } finally {
            if (!done) {
                view.giveBackChanged(changed);
            }
        }
    }

    /** Returns those whose room's record this version can read; the others are left as they are. */
    private List<Keys.OfMember> readable(Collection<Keys.OfMember> keys) {
        return keys.stream().filter(view::isReadable).toList();
    }

    /** Returns the memberships of which a bucket does not say what the view says. */
    private Set<Keys.OfMember> scan(Bucket bucket) {
        Set<Keys.OfMember> wrong = new HashSet<>();
        view.forEachMembership(wrong::add);
        new Scan(buckets.reads(), bucket).run(entry -> {
            try {
                Keys.OfMember key =
                        bucket == Bucket.MEMBERS ? Keys.parseMember(entry.key()) : Keys.parseRoomByMember(entry.key());
                if (isRight(Optional.of(entry), view.member(key))) {
                    wrong.remove(key);
                } else {
                    wrong.add(key);
                }
            } catch (MalformedException e) {
                LOG.debug("not judged: {}", entry.key(), e); // it is of another version
            }
        });
        return wrong;
    }
}
