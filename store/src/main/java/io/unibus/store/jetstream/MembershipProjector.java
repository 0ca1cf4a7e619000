package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnusableException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the buckets of members and of rooms by member say what the records of the rooms say: after each change that this
 * node has committed, in the background, and again in each repair. Nothing is decided on these buckets. Thread-safe.
 *
 * <p>Whoever commits a change writes each entry that it concerns, by compare-and-set on a revision that was read before a
 * read barrier, behind which the record was looked at. So of two writers that are at one entry, the one with the older
 * record is refused or comes first, and the last write is right. An entry that was never written needs no reading: whoever
 * takes that for granted and is wrong is refused.
 */
final class MembershipProjector {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipProjector.class);
    private static final List<Bucket> PROJECTIONS = List.of(Bucket.MEMBERS, Bucket.ROOMS_BY_MEMBER);
    /** More than so many are left to the next repair. */
    private static final int MOST_PENDING = 50_000;
    /** So many entries are written at once, in each of the buckets. */
    private static final int AT_ONCE = 100;

    private static final int ATTEMPTS = 5;
    /** So that even what no view heard of is noticed, as when a bucket was restored from a backup. */
    private static final int REPAIRS_PER_SCAN = 60;

    private final Buckets buckets;
    private final RoomView view;
    private final Executor background;
    /** What this node's changes concern, and whether it is an endpoint that joined. */
    private final Map<Keys.OfMember, Boolean> pending = new LinkedHashMap<>();

    private boolean running;
    private int repairs;

    MembershipProjector(Buckets buckets, RoomView view, Executor background) {
        this.buckets = buckets;
        this.view = view;
        this.background = background;
    }

    /** Begins to write what a change of a room, just committed, made of one membership. */
    void change(RoomId room, Endpoint endpoint, boolean joined) {
        synchronized (pending) {
            Keys.OfMember key = new Keys.OfMember(room, endpoint);
            if (pending.size() < MOST_PENDING) {
                pending.remove(key);
                pending.put(key, joined);
            }
            if (running) {
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
            LOG.debug("closing: left to the repair of another node: the membership of {} in {}", endpoint, room);
        }
    }

    private void run() {
        for (Map<Keys.OfMember, Boolean> next = take(); !next.isEmpty(); next = take()) {
            try {
                write(next);
            } catch (StoreException e) {
                LOG.debug("left to the next repair: {} memberships", next.size(), e);
            } catch (RuntimeException e) {
                LOG.error("the projection of memberships failed, and is left to the next repair; report this", e);
            }
        }
    }

    private Map<Keys.OfMember, Boolean> take() {
        Map<Keys.OfMember, Boolean> taken = new LinkedHashMap<>();
        synchronized (pending) {
            Iterator<Map.Entry<Keys.OfMember, Boolean>> all = pending.entrySet().iterator();
            while (all.hasNext() && taken.size() < AT_ONCE) {
                Map.Entry<Keys.OfMember, Boolean> next = all.next();
                taken.put(next.getKey(), next.getValue());
                all.remove();
            }
            running = !taken.isEmpty();
        }
        return taken;
    }

    private void write(Map<Keys.OfMember, Boolean> changed) {
        for (Bucket bucket : PROJECTIONS) {
            Map<Keys.OfMember, CompletableFuture<OptionalLong>> first = new LinkedHashMap<>();
            changed.forEach((key, joined) -> {
                Optional<Member> member = joined ? view.member(key) : Optional.empty();
                member.ifPresent(it -> first.put(key, put(bucket, key, it, 0)));
            });
            Set<Keys.OfMember> left = new HashSet<>(changed.keySet());
            first.forEach((key, write) -> {
                if (isDone(write)) {
                    left.remove(key);
                }
            });
            write(bucket, left, true);
        }
    }

    /**
     * Makes the entries of a bucket say what the records say.
     *
     * @param always whether to write also what looks right already, as whoever committed a change does
     * @return how many were written
     */
    private int write(Bucket bucket, Collection<Keys.OfMember> keys, boolean always) {
        List<Keys.OfMember> left = new ArrayList<>(keys);
        int written = 0;
        for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
            List<Keys.OfMember> again = new ArrayList<>();
            for (int begin = 0; begin < left.size(); begin += AT_ONCE) {
                again.addAll(writeOnce(bucket, left.subList(begin, Math.min(left.size(), begin + AT_ONCE)), always));
            }
            written += left.size() - again.size();
            left = again;
        }
        return written;
    }

    /** Returns those that somebody else wrote meanwhile, or of which it is not known whether they were written. */
    private List<Keys.OfMember> writeOnce(Bucket bucket, List<Keys.OfMember> keys, boolean always) {
        Map<String, Entry> found = buckets.reads()
                .anywhere(bucket, keys.stream().map(key -> name(bucket, key)).toList());
        buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        Map<Keys.OfMember, CompletableFuture<OptionalLong>> writes = new LinkedHashMap<>();
        for (Keys.OfMember key : keys) {
            Optional<Entry> entry = Optional.ofNullable(found.get(name(bucket, key)));
            try {
                Optional<Member> member = view.member(key);
                if (always || !isRight(entry, member)) {
                    writes.put(
                            key,
                            put(bucket, key, member, entry.map(Entry::revision).orElse(0L)));
                }
            } catch (StoreUnusableException e) {
                LOG.debug("left as it is: {}", key, e);
            }
        }
        List<Keys.OfMember> again = new ArrayList<>();
        writes.forEach((key, write) -> {
            if (!isDone(write)) {
                again.add(key);
            }
        });
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
        return member.isPresent()
                ? put(bucket, key, member.get(), revision)
                : buckets.writes().delete(bucket, name(bucket, key), new Expectation.KeyAt(revision));
    }

    private CompletableFuture<OptionalLong> put(Bucket bucket, Keys.OfMember key, Member member, long revision) {
        return buckets.writes()
                .put(bucket, name(bucket, key), MembershipRecord.toJson(member), new Expectation.KeyAt(revision));
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
        boolean done = false;
        try {
            int repaired = 0;
            for (Bucket bucket : PROJECTIONS) {
                boolean scans = repairs == 0 || changed.isEmpty();
                repaired += write(bucket, scans ? scan(bucket) : changed.get(), false);
            }
            repairs = (repairs + 1) % REPAIRS_PER_SCAN;
            done = true;
            return repaired;
        } finally {
            if (!done) {
                view.giveBackChanged(changed);
            }
        }
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
            } catch (MalformedException | StoreUnusableException e) {
                LOG.debug("not judged: {}", entry.key(), e); // it is of another version
            }
        });
        return wrong;
    }
}
