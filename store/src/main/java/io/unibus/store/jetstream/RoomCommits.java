package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Commits changes of rooms by one compare-and-set of the room's record each. What is written before it is read by nobody
 * until then; what follows it is in the record too. Thread-safe.
 */
final class RoomCommits {
    /** Room for the disk of a slow quorum; a rekey of a thousand members may so take two seconds longer. */
    private static final Duration TIME_PER_KEY = Duration.ofMillis(2);

    private final Buckets buckets;
    private final RoomView view;
    private final RoomKeys keys;
    private final Settling settling;
    private final Ids ids;

    RoomCommits(Buckets buckets, RoomView view, RoomKeys keys, Settling settling, Ids ids) {
        this.buckets = buckets;
        this.view = view;
        this.keys = keys;
        this.settling = settling;
        this.ids = ids;
    }

    /**
     * Empty, with nothing that is ever read, when the room is not at the revision that the change was decided on.
     *
     * @param deadline after which the decision is too old to be written; for a rekey so much later as its keys take
     */
    Optional<RoomState> commit(RoomChange change, Deadline deadline) {
        Optional<Held<RoomRecord>> basis = basis(change, deadline);
        if (basis.isEmpty()) {
            return Optional.empty();
        }
        RoomRecord before = basis.get().value();
        long settledSeq = settling.settle(before, deadline);
        String rekey = ids.next();
        Deadline prepared = deadline;
        if (change.isRekey()) {
            prepared = deadline.later(TIME_PER_KEY.multipliedBy(change.keys().size()));
            keys.writeEpoch(before, rekey, change.keys(), prepared);
        }
        String id = ids.next();
        RoomRecord after = before.after(change, id, rekey, settledSeq);
        prepared.check("the change of room " + after.roomId());
        return put(basis.get(), after, id).map(revision -> {
            settling.begin(after);
            Buckets.awaitOwn(buckets.rooms(), revision);
            return state(change.before(), after, revision);
        });
    }

    /** The record that the change was decided on, if the room is still there. */
    private Optional<Held<RoomRecord>> basis(RoomChange change, Deadline deadline) {
        long revision = change.before().revision();
        Optional<Held<RoomRecord>> held = view.record(change.room().roomId());
        if (held.isEmpty() || held.get().revision() != revision) {
            held = Buckets.lookBehind(
                    buckets.rooms(), () -> view.record(change.room().roomId()), deadline);
        }
        return held.filter(it -> it.revision() == revision);
    }

    private Optional<Long> put(Held<RoomRecord> before, RoomRecord after, String id) {
        try {
            OptionalLong revision = buckets.put(
                    Bucket.ROOMS, Keys.room(after.roomId()), after.toJson(), new Expectation.KeyAt(before.revision()));
            return revision.isPresent() ? Optional.of(revision.getAsLong()) : Optional.empty();
        } catch (OutcomeUnknownException e) {
            return resolve(before, id, e);
        }
    }

    /**
     * Whether a write without a clear answer happened: what stands there behind a quorum's later acknowledgement tells. To
     * find out has time of its own.
     */
    private Optional<Long> resolve(Held<RoomRecord> before, String id, OutcomeUnknownException unknown) {
        Held<RoomRecord> found;
        OptionalLong instead = OptionalLong.empty();
        try {
            found = look(before);
            if (found.revision() == before.revision()) {
                // In its place: so the write that is still under way somewhere can never be taken.
                instead = touch(before);
                found = look(before);
            }
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
        if (instead.isPresent()) {
            throw new StoreUnavailableException("the change was not written: " + unknown.getMessage(), unknown);
        }
        if (found.value().isOf(id)) {
            boolean last = found.value().version() == before.value().version() + 1;
            // Later changes hide at which revision this one was; only such as are after it and before the next will do.
            return Optional.of(last ? found.revision() : found.revision() - 1);
        }
        boolean remembered = found.value().version() - before.value().version() <= RoomRecord.REMEMBERED;
        if (found.revision() != before.revision() && remembered) {
            return Optional.empty();
        }
        throw unknown; // also when another write was in the way of both, and came to nothing
    }

    private Held<RoomRecord> look(Held<RoomRecord> before) {
        return Buckets.lookBehind(
                buckets.rooms(), () -> view.record(before.value().roomId()).orElse(before), buckets.deadline());
    }

    /** Writes a record anew: every change that was decided on it before is refused from then on. */
    OptionalLong touch(Held<RoomRecord> held) {
        return buckets.put(
                Bucket.ROOMS,
                Keys.room(held.value().roomId()),
                held.value().toJson(),
                new Expectation.KeyAt(held.revision()));
    }

    private static RoomState state(RoomState before, RoomRecord after, long revision) {
        Map<Endpoint, Member> members = new TreeMap<>(before.members());
        after.delta().applyTo(members);
        return RoomState.of(after.room(), revision, members.values());
    }
}
