package io.unibus.store.jetstream;

import io.unibus.protocol.Subject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes and clears away what nodes that died left: changes that are not settled, marks of members who left long ago,
 * wrong index entries, sealed keys that no room points at, subjects held for no room. All of it by compare-and-set and
 * without any effect on readers, so every node does it. Thread-safe.
 */
final class Repair {
    private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

    private final Buckets buckets;
    private final RoomView view;
    private final Settling settling;
    private final RoomCreation creation;
    private final MemberIndex index;
    private final OrphanKeys orphans;
    private final EachItem each = new EachItem();
    private final Suspects<Map.Entry<String, Long>> tombstones;
    private final Suspects<Map.Entry<Subject, Held<Reservation>>> reservations;

    /** @param grace how long something must have looked wrong; far longer than any operation takes */
    Repair(
            Buckets buckets,
            RoomView view,
            Settling settling,
            RoomCreation creation,
            RoomKeys keys,
            RoomCommits commits,
            Duration grace,
            LongSupplier nanoTime) {
        this.buckets = buckets;
        this.view = view;
        this.settling = settling;
        this.creation = creation;
        this.index = new MemberIndex(buckets, view, each, grace, nanoTime);
        this.orphans = new OrphanKeys(buckets, view, keys, commits, each, grace, nanoTime);
        this.tombstones = new Suspects<>(grace, nanoTime);
        this.reservations = new Suspects<>(grace, nanoTime);
    }

    /**
     * One round. A bad item is left out.
     *
     * @throws io.unibus.store.StoreException when it could not be finished; the next one goes on
     */
    synchronized void run() {
        each.begin();
        buckets.confirmNow(Set.of(Bucket.ROOMS, Bucket.MEMBERS), buckets.deadline());
        int settled = settle();
        int marks = purgeTombstones();
        int subjects = releaseSubjects();
        int entries = index.repair();
        int keys = orphans.repair();
        if (settled + marks + subjects + entries + keys > 0) {
            LOG.atInfo()
                    .addKeyValue("settled", settled)
                    .addKeyValue("tombstones", marks)
                    .addKeyValue("subjects", subjects)
                    .addKeyValue("index", entries)
                    .addKeyValue("keys", keys)
                    .log("cleared away what was left");
        }
    }

    private int settle() {
        int settled = 0;
        for (RoomRecord record : view.unsettled()) {
            settled += each.run(record.roomId(), () -> settle(record)) ? 1 : 0;
        }
        return settled;
    }

    private boolean settle(RoomRecord record) {
        if (settling.isRunning(record)) {
            return false;
        }
        settling.settle(record, buckets.deadline());
        return true;
    }

    private int purgeTombstones() {
        int purged = 0;
        for (Map.Entry<String, Long> mark :
                tombstones.stillWrong(List.copyOf(view.staleTombstones().entrySet()))) {
            Expectation expected = new Expectation.KeyAt(mark.getValue());
            purged += each.run(
                            mark.getKey(),
                            () -> buckets.delete(Bucket.MEMBERS, mark.getKey(), expected)
                                    .isPresent())
                    ? 1
                    : 0;
        }
        return purged;
    }

    private int releaseSubjects() {
        int released = 0;
        for (Map.Entry<Subject, Held<Reservation>> open :
                reservations.stillWrong(List.copyOf(view.openReservations().entrySet()))) {
            released += each.run(open.getKey(), () -> release(open.getKey(), open.getValue())) ? 1 : 0;
        }
        return released;
    }

    private boolean release(Subject subject, Held<Reservation> held) {
        Reservation holder = held.value();
        Optional<Held<RoomValue>> place = view.value(holder.room());
        if (!held.equals(view.openReservations().get(subject))) {
            return false;
        }
        boolean over = RoomCreation.exists(place)
                || RoomCreation.isCalledOff(place, holder)
                || creation.callOff(holder, place, buckets.deadline());
        return over
                && buckets.delete(Bucket.ROOMS, Keys.subject(subject), new Expectation.KeyAt(held.revision()))
                        .isPresent();
    }
}
