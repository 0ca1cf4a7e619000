package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Commits changes of rooms by one compare-and-set of the room's record each. The sealed keys that a change brings are written
 * before it, and read by nobody until then. Thread-safe.
 */
final class RoomCommits {
    /** Time added to the deadline for each sealed key of a change: two seconds for a thousand. */
    private static final Duration TIME_PER_KEY = Duration.ofMillis(2);

    private final Buckets buckets;
    private final RoomView view;
    private final RoomKeys keys;
    private final MembershipProjector projector;
    private final Ids ids;

    RoomCommits(Buckets buckets, RoomView view, RoomKeys keys, MembershipProjector projector, Ids ids) {
        this.buckets = buckets;
        this.view = view;
        this.keys = keys;
        this.projector = projector;
        this.ids = ids;
    }

    /**
     * Commits a change.
     *
     * @param deadline after which the decision is too old to be written; for new keys so much later as they take
     * @return empty when the room is not at the revision that the change was decided on; keys that were written for it stay
     *     unused
     */
    Optional<RoomState> commit(RoomChange change, Deadline deadline) {
        Optional<RoomRecord> basis = basis(change, deadline);
        if (basis.isEmpty()) {
            return Optional.empty();
        }
        RoomRecord before = basis.get();
        Deadline prepared =
                deadline.later(TIME_PER_KEY.multipliedBy(change.keys().size()));
        Optional<KeySets> keySets = writeKeys(before, change, prepared);
        String id = ids.next();
        RoomRecord after = before.after(change, id, keySets);
        byte[] value = after.toVerifiedJson();
        prepared.check("the change of room " + after.roomId());
        return put(before, value, id).map(revision -> {
            Buckets.awaitOwn(buckets.rooms(), revision);
            projector.change(after.roomId(), change.leaving());
            projector.change(
                    after.roomId(),
                    change.joining().stream().map(Member::endpoint).toList());
            return after.at(revision).state();
        });
    }

    /** Returns the record that the change was decided on, if the room is still there. */
    private Optional<RoomRecord> basis(RoomChange change, Deadline deadline) {
        long revision = change.before().revision();
        RoomId id = change.room().roomId();
        Optional<RoomRecord> record = view.record(id);
        if (record.isEmpty() || record.get().revision() != revision) {
            record = Buckets.lookBehind(buckets.rooms(), () -> view.record(id), deadline);
        }
        return record.filter(it -> it.revision() == revision);
    }

    /** Returns where the keys of the room are once the change is committed. */
    private Optional<KeySets> writeKeys(RoomRecord before, RoomChange change, Deadline deadline) {
        if (change.isRekey()) {
            String set = ids.next();
            keys.writeEpoch(before, set, change.keys(), deadline);
            return Optional.of(KeySets.of(set));
        }
        SortedMap<Endpoint, String> joiners = new TreeMap<>();
        for (Map.Entry<Endpoint, SealedKey> key : change.keys().entrySet()) {
            String set = ids.nextShort();
            keys.write(before.roomId(), before.epoch(), set, Map.of(key.getKey(), key.getValue()), deadline);
            joiners.put(key.getKey(), set);
        }
        return before.keySets().map(sets -> sets.with(joiners));
    }

    private Optional<Long> put(RoomRecord before, byte[] value, String id) {
        try (RoomView.ChangeObserver observer = view.observe(id)) {
            OutcomeUnknownException unknown;
            try {
                OptionalLong revision = buckets.put(
                        Bucket.ROOMS, Keys.room(before.roomId()), value, new Expectation.KeyAt(before.revision()));
                if (revision.isPresent()) {
                    return Optional.of(revision.getAsLong());
                }
                unknown = new OutcomeUnknownException(
                        "the change of room " + before.roomId() + " was refused, which is not final", null);
            } catch (OutcomeUnknownException e) {
                unknown = e;
            }
            return resolve(before, id, observer, unknown);
        }
    }

    /**
     * Finds out whether a write that was refused or not answered happened: what stands there behind a read barrier tells. If
     * that is the record before, it is written anew in its own place, so that the write can never be taken from then on. To
     * find out has time of its own.
     */
    private Optional<Long> resolve(
            RoomRecord before, String id, RoomView.ChangeObserver observer, OutcomeUnknownException unknown) {
        RoomRecord found;
        boolean touched = false;
        try {
            found = look(before);
            if (found.revision() == before.revision()) {
                touched = touch(before).isPresent();
                found = look(before);
            }
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
        if (touched) {
            throw new StoreUnavailableException("the change was not written: " + unknown.getMessage(), unknown);
        }
        if (observer.revision().isPresent()) {
            return Optional.of(observer.revision().getAsLong());
        }
        if (found.isOf(id)) {
            boolean last = found.version() == before.version() + 1;
            // Later changes hide at which revision this one was. The next after its basis is in order with all of them.
            return Optional.of(last ? found.revision() : before.revision() + 1);
        }
        boolean certain = observer.hasSeenAll() || found.version() - before.version() <= RoomRecord.REMEMBERED;
        if (found.revision() != before.revision() && certain) {
            return Optional.empty();
        }
        throw unknown; // also when another write was in the way of both, and came to nothing
    }

    private RoomRecord look(RoomRecord before) {
        return Buckets.lookBehind(
                buckets.rooms(), () -> view.record(before.roomId()).orElse(before), buckets.deadline());
    }

    /** Writes a record anew: every change that was decided on it before is refused from then on. */
    OptionalLong touch(RoomRecord record) {
        return buckets.put(
                Bucket.ROOMS,
                Keys.room(record.roomId()),
                record.toVerifiedJson(),
                new Expectation.KeyAt(record.revision()));
    }
}
