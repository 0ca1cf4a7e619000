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
import java.util.EnumMap;
import java.util.HashSet;
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
import java.util.stream.Collectors;
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
    /** So many entries are written at once. */
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
        begin();
    }

    /** Writes what is pending now. What comes meanwhile is gathered for the next run, so that the number of runs is bounded. */
    private void run() {
        Set<Keys.OfMember> taken = take();
        try {
            view.giveBackChanged(Optional.of(write(readable(inBoth(taken)), true, new AtomicInteger())));
        } catch (StoreException e) {
            view.giveBackChanged(Optional.of(taken));
            LOG.debug("left to the next repair: {} memberships", taken.size(), e);
        } catch (RuntimeException e) {
            view.giveBackChanged(Optional.of(taken));
            LOG.error("the projection of memberships failed, and is left to the next repair; report this", e);
        }
        synchronized (pending) {
            running = !pending.isEmpty();
            if (!running) {
                return;
            }
        }
        begin();
    }

    private void begin() {
        try {
            background.execute(this::run);
        } catch (RejectedExecutionException e) {
            synchronized (pending) {
                running = false;
            }
            LOG.debug("closing: what is pending is left to the repair of another node");
        }
    }

    private Set<Keys.OfMember> take() {
        synchronized (pending) {
            Set<Keys.OfMember> taken = new LinkedHashSet<>(pending);
            pending.clear();
            return taken;
        }
    }

    private static List<ProjectedEntry> inBoth(Collection<Keys.OfMember> keys) {
        return keys.stream()
                .flatMap(key -> PROJECTIONS.stream().map(bucket -> new ProjectedEntry(bucket, key)))
                .toList();
    }

    /**
     * Makes entries say what the records say.
     *
     * @param always whether to write also what looks right already, as whoever committed a change does
     * @param written counts those that were written
     * @return those that are left to the next repair
     */
    private Set<Keys.OfMember> write(List<ProjectedEntry> entries, boolean always, AtomicInteger written) {
        List<ProjectedEntry> left = entries;
        for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
            List<ProjectedEntry> again = new ArrayList<>();
            for (int begin = 0; begin < left.size(); begin += AT_ONCE) {
                List<ProjectedEntry> next = left.subList(begin, Math.min(left.size(), begin + AT_ONCE));
                again.addAll(writeOnce(next, always, written));
            }
            left = again;
        }
        return left.stream().map(ProjectedEntry::key).collect(Collectors.toSet());
    }

    /** Returns those that somebody else wrote meanwhile, or whose record changed, or of which nobody knows. */
    private List<ProjectedEntry> writeOnce(List<ProjectedEntry> entries, boolean always, AtomicInteger written) {
        Map<Bucket, Map<String, Entry>> found = find(entries);
        buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        Map<ProjectedEntry, Optional<Member>> decided = new LinkedHashMap<>();
        Map<ProjectedEntry, CompletableFuture<OptionalLong>> writes = new LinkedHashMap<>();
        for (ProjectedEntry projected : entries) {
            Optional<Entry> entry = Optional.ofNullable(
                    found.getOrDefault(projected.bucket(), Map.of()).get(projected.name()));
            Optional<Member> member = view.member(projected.key());
            if (always || !isRight(entry, member)) {
                decided.put(projected, member);
                writes.put(
                        projected,
                        put(projected, member, entry.map(Entry::revision).orElse(0L)));
            }
        }
        List<ProjectedEntry> again = new ArrayList<>();
        writes.forEach((projected, write) -> {
            if (!isDone(write)) {
                again.add(projected);
                decided.remove(projected);
            }
        });
        if (!decided.isEmpty()) {
            buckets.confirmNow(Set.of(Bucket.ROOMS), buckets.deadline());
        }
        decided.forEach((projected, member) -> {
            if (!member.equals(view.member(projected.key()))) {
                again.add(projected);
            }
        });
        written.addAndGet(decided.size());
        return again;
    }

    private Map<Bucket, Map<String, Entry>> find(List<ProjectedEntry> entries) {
        Map<Bucket, List<String>> names = new EnumMap<>(Bucket.class);
        entries.forEach(entry -> names.computeIfAbsent(entry.bucket(), first -> new ArrayList<>())
                .add(entry.name()));
        Map<Bucket, Map<String, Entry>> found = new EnumMap<>(Bucket.class);
        names.forEach((bucket, of) -> found.put(bucket, buckets.reads().anywhere(bucket, of)));
        return found;
    }

    private static boolean isRight(Optional<Entry> entry, Optional<Member> member) {
        Optional<Entry> present = entry.filter(it -> !it.deleted());
        return present.isPresent() == member.isPresent()
                && present.map(it -> Arrays.equals(it.value(), MembershipRecord.toJson(member.orElseThrow())))
                        .orElse(true);
    }

    private CompletableFuture<OptionalLong> put(ProjectedEntry entry, Optional<Member> member, long revision) {
        Expectation expected = new Expectation.KeyAt(revision);
        return member.isPresent()
                ? buckets.writes().put(entry.bucket(), entry.name(), MembershipRecord.toJson(member.get()), expected)
                : buckets.writes().delete(entry.bucket(), entry.name(), expected);
    }

    private boolean isDone(CompletableFuture<OptionalLong> write) {
        try {
            return Buckets.await(write, buckets.limit()).isPresent();
        } catch (OutcomeUnknownException e) {
            return false;
        }
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
            List<ProjectedEntry> entries = scans ? scan() : inBoth(changed.orElseThrow());
            view.giveBackChanged(Optional.of(write(readable(entries), false, written)));
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
    private List<ProjectedEntry> readable(List<ProjectedEntry> entries) {
        return entries.stream().filter(entry -> view.isReadable(entry.key())).toList();
    }

    /** Returns the entries that do not say what the view says. */
    private List<ProjectedEntry> scan() {
        return PROJECTIONS.stream()
                .flatMap(bucket -> scan(bucket).stream().map(key -> new ProjectedEntry(bucket, key)))
                .toList();
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

    /** The entry of a membership in one of the projections. */
    private record ProjectedEntry(Bucket bucket, Keys.OfMember key) {
        String name() {
            return bucket == Bucket.MEMBERS
                    ? Keys.member(key.room(), key.endpoint())
                    : Keys.roomByMember(key.endpoint(), key.room());
        }
    }
}
