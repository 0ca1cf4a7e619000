package io.unibus.store.jetstream;

import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.Rejection;
import io.unibus.store.RoomState;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Creates rooms: the sealed key of the creator first, then the reservation of the subject and the record of the room, both in
 * one batch, which happens whole or not at all. Thread-safe.
 */
final class RoomCreation {
    private final Buckets buckets;
    private final RoomView view;
    private final RoomKeys keys;
    private final MembershipProjector projector;
    private final Ids ids;

    RoomCreation(Buckets buckets, RoomView view, RoomKeys keys, MembershipProjector projector, Ids ids) {
        this.buckets = buckets;
        this.view = view;
        this.keys = keys;
        this.projector = projector;
        this.ids = ids;
    }

    /** @param deadline after which the decision to create the room is too old to be written */
    Outcome<RoomState> create(NewRoom created, Deadline deadline) {
        Room room = created.room();
        Optional<Rejection> rejection = rejection(room);
        if (rejection.isPresent()) {
            return Outcome.refused(rejection.get());
        }
        // Read before the keys are written, so that a marker which a repair puts later makes the batch fail.
        long marker = view.markerRevision(room.roomId());
        String change = ids.next();
        String keySet = ids.next();
        RoomRecord record = RoomRecord.created(created, change, keySet);
        keys.write(room.roomId(), room.epoch(), keySet, created.keys(), deadline);
        List<BatchPut> batch = List.of(
                new BatchPut(Keys.subject(room.subject()), new Reservation(room.roomId()).toJson(), Expectation.ABSENT),
                new BatchPut(Keys.room(room.roomId()), record.toVerifiedJson(), new Expectation.KeyAt(marker)));
        deadline.check("the creation of room " + room.roomId());
        return put(record, batch, change, marker).map(this::done);
    }

    private Outcome<RoomRecord> put(RoomRecord record, List<BatchPut> batch, String change, long marker) {
        try (RoomView.ChangeObserver observer = view.observe(change)) {
            OutcomeUnknownException unknown;
            try {
                OptionalLong revision = Buckets.await(buckets.writes().putAll(Bucket.ROOMS, batch), buckets.limit());
                if (revision.isPresent()) {
                    return Outcome.done(record.at(revision.getAsLong()));
                }
                unknown = new OutcomeUnknownException(
                        "the creation of room " + record.roomId() + " was refused, which is not final", null);
            } catch (OutcomeUnknownException e) {
                unknown = e;
            }
            return resolve(record, observer, marker, unknown);
        }
    }

    /** Returns what stands in the way of a room, as the view has it: no room ever gives its id or its subject away. */
    private Optional<Rejection> rejection(Room room) {
        if (view.record(room.roomId()).isPresent()) {
            return Optional.of(new Rejection.RoomExists(room.roomId()));
        }
        return otherHolder(room);
    }

    /** Returns that another room has the subject, if so. Of a batch that is just told, the subject comes before the record. */
    private Optional<Rejection> otherHolder(Room room) {
        return view.holder(room.subject())
                .filter(holder -> !holder.equals(room.roomId()))
                .map(holder -> new Rejection.SubjectTaken(room.subject()));
    }

    /**
     * Finds out whether a batch that was refused or not answered happened: what stands there behind a read barrier tells. If
     * that is neither the room nor what stands in its way, a marker in the room's place sees to it that the batch can never
     * be taken from then on. To find out has time of its own.
     */
    private Outcome<RoomRecord> resolve(
            RoomRecord record, RoomView.ChangeObserver observer, long marker, OutcomeUnknownException unknown) {
        RoomId id = record.roomId();
        Optional<Outcome<RoomRecord>> outcome;
        long found;
        try {
            outcome = Buckets.lookBehind(buckets.rooms(), () -> outcome(record, observer, marker), buckets.deadline());
            if (outcome.isPresent()) {
                return outcome.get();
            }
            putMarker(id, marker);
            outcome = Buckets.lookBehind(buckets.rooms(), () -> outcome(record, observer, marker), buckets.deadline());
            found = view.markerRevision(id);
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
        if (outcome.isPresent()) {
            return outcome.get();
        }
        if (found <= marker) {
            throw unknown; // what was in the way came to nothing, or the room was changed too often to tell who made it
        }
        throw new StoreUnavailableException("the room was not created: " + unknown.getMessage(), unknown);
    }

    /** Returns what the view says of a creation; empty when it neither happened nor has something in its way. */
    private Optional<Outcome<RoomRecord>> outcome(RoomRecord record, RoomView.ChangeObserver observer, long marker) {
        if (observer.revision().isPresent()) {
            return Optional.of(Outcome.done(record.at(observer.revision().getAsLong())));
        }
        Optional<RoomRecord> found = view.record(record.roomId());
        if (found.isEmpty()) {
            // Not the record again: it may come between two looks.
            return otherHolder(record.room()).map(Outcome::refused);
        }
        if (found.get().isOf(record.lastChange())) {
            boolean last = found.get().version() == record.version();
            // Later changes hide at which revision this one was. The next after the marker is in order with all of
            // them.
            return Optional.of(Outcome.done(record.at(last ? found.get().revision() : marker + 1)));
        }
        return observer.hasSeenAll() || found.get().version() <= RoomRecord.REMEMBERED
                ? Optional.of(Outcome.refused(new Rejection.RoomExists(record.roomId())))
                : Optional.empty();
    }

    /**
     * Marks the place of a room that does not exist as removed: no creation that began before can be taken from then on.
     *
     * @param present the revision of the marker that is there; 0 without one
     */
    OptionalLong putMarker(RoomId room, long present) {
        return buckets.delete(Bucket.ROOMS, Keys.room(room), new Expectation.KeyAt(present));
    }

    private RoomState done(RoomRecord record) {
        Buckets.awaitOwn(buckets.rooms(), record.revision());
        projector.change(record.roomId(), record.state().members().keySet());
        return record.state();
    }
}
