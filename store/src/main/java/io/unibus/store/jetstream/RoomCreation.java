package io.unibus.store.jetstream;

import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.Rejection;
import io.unibus.store.RoomState;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates rooms: reserves the subject, then creates the record, which is what makes the room exist. Thread-safe.
 *
 * <p>A creation that died between the two is called off by whoever wants its subject: the key of its room is changed from
 * the revision that the creator saw before it reserved, so that exactly one of creator and canceller succeeds.
 */
final class RoomCreation {
    private static final Logger LOG = LoggerFactory.getLogger(RoomCreation.class);

    private final Buckets buckets;
    private final RoomView view;
    private final Settling settling;
    private final Ids ids;
    private final Duration patience;

    /** @param patience how long a reservation without its room is left alone */
    RoomCreation(Buckets buckets, RoomView view, Settling settling, Ids ids, Duration patience) {
        this.buckets = buckets;
        this.view = view;
        this.settling = settling;
        this.ids = ids;
        this.patience = patience;
    }

    /**
     * A subject held for this creation.
     *
     * @param revision of the reservation
     * @param place the revision of the room's key from before the reservation
     */
    private record Reserved(long revision, long place) {}

    /** What a reservation that is there means. */
    private enum Standing {
        /** It holds the subject for no room, now and for ever. */
        FREE,
        TAKEN,
        UNCLEAR
    }

    /** @param deadline after which the decision to create the room is too old to be written */
    Outcome<RoomState> create(NewRoom created, Deadline deadline) {
        do {
            String attempt = ids.next();
            Outcome<Reserved> reserved = reserve(created, attempt, deadline);
            if (reserved instanceof Outcome.Refused<Reserved> refused) {
                return Outcome.refused(refused.rejection());
            }
            Optional<Outcome<RoomState>> outcome =
                    put(created, attempt, ((Outcome.Done<Reserved>) reserved).value(), deadline);
            if (outcome.isPresent()) {
                return outcome.get();
            }
        } while (!deadline.hasPassed());
        throw new StoreUnavailableException(
                "the creation of room " + created.room().roomId() + " was called off; try again", null);
    }

    private Outcome<Reserved> reserve(NewRoom created, String attempt, Deadline deadline) {
        RoomId id = created.room().roomId();
        Subject subject = created.room().subject();
        Expectation expected = Expectation.ABSENT;
        while (true) {
            // Before the reservation: whoever calls this creation off changes the key after it.
            Optional<Held<RoomValue>> place = view.value(id);
            if (exists(place)) {
                return Outcome.refused(new Rejection.RoomExists(id));
            }
            OptionalLong revision = putReservation(subject, new Reservation(id, attempt), expected, deadline);
            if (revision.isPresent()) {
                return Outcome.done(new Reserved(
                        revision.getAsLong(), place.map(Held::revision).orElse(0L)));
            }
            // Behind a fence, because the reservation that came first may still be on its way to the quorum.
            if (exists(Buckets.lookBehind(buckets.rooms(), () -> view.value(id), deadline))) {
                return Outcome.refused(new Rejection.RoomExists(id));
            }
            Optional<Entry> holder = buckets.reads().atLeader(Bucket.ROOMS, Keys.subject(subject));
            Standing standing =
                    holder.map(entry -> standing(subject, entry, deadline)).orElse(Standing.FREE);
            if (standing == Standing.TAKEN) {
                return Outcome.refused(new Rejection.SubjectTaken(subject));
            }
            if (deadline.hasPassed()) {
                throw new StoreUnavailableException(
                        "others keep reserving the subject " + subject + "; try again", null);
            }
            if (standing == Standing.FREE) {
                expected = new Expectation.KeyAt(holder.map(Entry::revision).orElse(0L));
            }
        }
    }

    private OptionalLong putReservation(
            Subject subject, Reservation reservation, Expectation expected, Deadline deadline) {
        String key = Keys.subject(subject);
        try {
            return Buckets.await(
                    buckets.writes().put(Bucket.ROOMS, key, reservation.toJson(), expected), deadline.left());
        } catch (OutcomeUnknownException e) {
            // A reservation without a room is nothing to readers: unless it is seen to be there, nothing was done.
            buckets.confirmNow(Set.of(Bucket.ROOMS), deadline);
            Optional<Entry> holder = buckets.reads().atLeader(Bucket.ROOMS, key);
            if (holder.isEmpty()
                    || holder.get().deleted()
                    || !reservation(holder.get()).equals(reservation)) {
                throw new StoreUnavailableException("the reservation of " + subject + " was not confirmed", e);
            }
            return OptionalLong.of(holder.get().revision());
        }
    }

    private Standing standing(Subject subject, Entry entry, Deadline deadline) {
        if (entry.deleted()) {
            return Standing.FREE;
        }
        Reservation holder = reservation(entry);
        Optional<Held<RoomValue>> place = view.value(holder.room());
        if (!exists(place) && !isCalledOff(place, holder)) {
            view.awaitRecord(holder.room(), Deadline.in(patience, buckets.nanoTime()));
            place = view.value(holder.room());
        }
        if (exists(place)) {
            boolean taken = view.record(holder.room())
                    .filter(held -> held.value().room().subject().equals(subject))
                    .isPresent();
            return taken ? Standing.TAKEN : Standing.FREE;
        }
        return isCalledOff(place, holder) || callOff(holder, place, deadline) ? Standing.FREE : Standing.UNCLEAR;
    }

    /** Whether it was called off; if not, the room may exist by now, and the caller looks again. */
    boolean callOff(Reservation holder, Optional<Held<RoomValue>> place, Deadline deadline) {
        LOG.info("calling off the creation of room {}, which did not come to its end", holder.room());
        OptionalLong revision = buckets.certain(
                buckets.writes()
                        .put(
                                Bucket.ROOMS,
                                Keys.room(holder.room()),
                                new RoomValue.CalledOff(holder.attempt()).toJson(),
                                new Expectation.KeyAt(place.map(Held::revision).orElse(0L))),
                deadline);
        revision.ifPresent(it -> Buckets.awaitOwn(buckets.rooms(), it));
        return revision.isPresent();
    }

    /** Empty when the creation was called off by another. */
    private Optional<Outcome<RoomState>> put(NewRoom created, String attempt, Reserved reserved, Deadline deadline) {
        RoomRecord record = RoomRecord.created(created, attempt, ids.next());
        try {
            deadline.check("the creation of room " + record.roomId());
            OptionalLong revision = buckets.put(
                    Bucket.ROOMS, Keys.room(record.roomId()), record.toJson(), new Expectation.KeyAt(reserved.place()));
            if (revision.isPresent()) {
                return Optional.of(Outcome.done(done(record, revision.getAsLong())));
            }
            buckets.confirmNow(Set.of(Bucket.ROOMS), deadline);
        } catch (OutcomeUnknownException e) {
            return resolve(record, attempt, reserved, e);
        } catch (StoreUnavailableException e) {
            release(record, reserved);
            throw e;
        }
        return notWritten(record, reserved);
    }

    private Optional<Outcome<RoomState>> notWritten(RoomRecord record, Reserved reserved) {
        release(record, reserved);
        return exists(view.value(record.roomId()))
                ? Optional.of(Outcome.refused(new Rejection.RoomExists(record.roomId())))
                : Optional.empty();
    }

    /**
     * Whether a write without a clear answer happened: what stands there behind a quorum's later acknowledgement tells. To
     * find out has time of its own.
     */
    private Optional<Outcome<RoomState>> resolve(
            RoomRecord record, String attempt, Reserved reserved, OutcomeUnknownException unknown) {
        boolean calledOff;
        try {
            Deadline deadline = buckets.deadline();
            Optional<Held<RoomValue>> found =
                    Buckets.lookBehind(buckets.rooms(), () -> view.value(record.roomId()), deadline);
            calledOff = found.map(Held::revision).orElse(0L) == reserved.place()
                    && callOff(new Reservation(record.roomId(), attempt), found, deadline);
            buckets.confirmNow(Set.of(Bucket.ROOMS), deadline);
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
        if (calledOff) {
            release(record, reserved);
            throw new StoreUnavailableException("the room was not created: " + unknown.getMessage(), unknown);
        }
        Optional<Held<RoomRecord>> room = view.record(record.roomId());
        if (view.value(record.roomId()).map(Held::revision).orElse(0L) == reserved.place()) {
            throw unknown; // another write was in the way of both, and came to nothing
        }
        if (room.isPresent() && room.get().value().isOf(attempt)) {
            boolean last = room.get().value().version() == record.version();
            return Optional.of(Outcome.done(
                    done(record, last ? room.get().revision() : room.get().revision() - 1)));
        }
        if (room.isPresent() && room.get().value().version() > RoomRecord.REMEMBERED) {
            throw unknown;
        }
        return notWritten(record, reserved);
    }

    private RoomState done(RoomRecord record, long revision) {
        settling.begin(record);
        Buckets.awaitOwn(buckets.rooms(), revision);
        return RoomState.of(
                record.room(),
                revision,
                record.delta().joined().values().stream()
                        .map(Delta.Joined::member)
                        .toList());
    }

    private void release(RoomRecord record, Reserved reserved) {
        try {
            buckets.certain(
                    buckets.writes()
                            .delete(
                                    Bucket.ROOMS,
                                    Keys.subject(record.room().subject()),
                                    new Expectation.KeyAt(reserved.revision())),
                    Deadline.in(patience, buckets.nanoTime()));
        } catch (StoreException e) {
            LOG.debug(
                    "left to whoever wants it and to the next repair: the subject {}",
                    record.room().subject(),
                    e);
        }
    }

    static boolean exists(Optional<Held<RoomValue>> place) {
        return place.filter(held -> held.value() instanceof RoomRecord).isPresent();
    }

    static boolean isCalledOff(Optional<Held<RoomValue>> place, Reservation holder) {
        return place.filter(held -> held.value().equals(new RoomValue.CalledOff(holder.attempt())))
                .isPresent();
    }

    private static Reservation reservation(Entry entry) {
        try {
            return Reservation.fromJson(entry.value());
        } catch (MalformedException e) {
            throw Unreadable.exception(Bucket.ROOMS, entry.key(), e.getMessage());
        }
    }
}
