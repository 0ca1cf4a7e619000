package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.User;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.Rejection;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Adds and revokes users, by compare-and-set on the key of the user. The revocation of an admin rests on what other users
 * are, so it is taken only while the whole bucket is as it was when that was seen. Thread-safe.
 */
final class UserWrites {
    private final Buckets buckets;
    private final UserView view;
    private final Ids ids;

    UserWrites(Buckets buckets, UserView view, Ids ids) {
        this.buckets = buckets;
        this.view = view;
        this.ids = ids;
    }

    Outcome<User> add(User user, Deadline deadline) {
        Outcome<User> exists = Outcome.refused(new Rejection.UserExists(user.endpoint()));
        if (view.find(user.endpoint()).isPresent()) {
            return exists;
        }
        UserRecord record = UserRecord.added(user, ids.next());
        try {
            OptionalLong revision = put(record, Expectation.ABSENT);
            if (revision.isPresent()) {
                Buckets.awaitOwn(buckets.users(), revision.getAsLong());
                return Outcome.done(record.user());
            }
        } catch (OutcomeUnknownException e) {
            // With nothing there, the write may be under way still, and there is nothing to put in its place.
            UserRecord found = find(user.endpoint(), e).orElseThrow(() -> e).value();
            return found.added().equals(record.added()) ? Outcome.done(record.user()) : exists;
        }
        if (Buckets.lookBehind(buckets.users(), () -> view.find(user.endpoint()), deadline)
                .isPresent()) {
            return exists;
        }
        throw new StoreUnavailableException(
                "another write of user " + user.endpoint() + " was under way and failed; try again", null);
    }

    Outcome<User> revoke(Endpoint endpoint, Instant at, Deadline deadline) {
        UserView.Basis basis = view.basis(endpoint);
        do {
            if (basis.user().isEmpty() || isLastAdmin(basis)) {
                // What is refused must not rest on an old view.
                basis = basisNow(endpoint, deadline);
            }
            if (basis.user().isEmpty()) {
                return Outcome.refused(new Rejection.UserNotFound(endpoint));
            }
            if (isLastAdmin(basis)) {
                return Outcome.refused(new Rejection.LastAdmin(endpoint));
            }
            deadline.check("the revocation of user " + endpoint);
            Optional<Outcome<User>> outcome = revoke(basis.user().get(), basis.applied(), at);
            if (outcome.isPresent()) {
                return outcome.get();
            }
            basis = basisNow(endpoint, deadline);
        } while (!deadline.hasPassed());
        throw new StoreUnavailableException("other writes kept coming before the revocation; try again", null);
    }

    /** Empty when another write came first. */
    private Optional<Outcome<User>> revoke(Held<UserRecord> held, long applied, Instant at) {
        User user = held.value().user();
        if (!user.isActive()) {
            return Optional.of(Outcome.done(user));
        }
        UserRecord record = held.value().revoked(at, ids.next());
        Expectation expected =
                user.isActiveAdmin() ? new Expectation.BucketAt(applied) : new Expectation.KeyAt(held.revision());
        try {
            OptionalLong revision = put(record, expected);
            if (revision.isEmpty()) {
                return Optional.empty();
            }
            Buckets.awaitOwn(buckets.users(), revision.getAsLong());
            return Optional.of(Outcome.done(record.user()));
        } catch (OutcomeUnknownException e) {
            return Optional.of(resolve(held, e));
        }
    }

    /** Whether a write without a clear answer happened: what stands there behind a quorum's later acknowledgement tells. */
    private Outcome<User> resolve(Held<UserRecord> before, OutcomeUnknownException unknown) {
        Endpoint endpoint = before.value().user().endpoint();
        Held<UserRecord> found = find(endpoint, unknown).orElse(before);
        if (found.value().user().isActive()) {
            touch(before, unknown);
            found = find(endpoint, unknown).orElse(before);
        }
        if (!found.value().user().isActive()) {
            return Outcome.done(found.value().user());
        }
        if (found.revision() == before.revision()) {
            throw unknown; // another write is in the way of both, and may yet come to nothing
        }
        throw new StoreUnavailableException("the user was not revoked: " + unknown.getMessage(), unknown);
    }

    /** Writes a record anew: the write of unknown outcome that expects it can never be taken from then on. */
    private void touch(Held<UserRecord> held, OutcomeUnknownException unknown) {
        try {
            put(held.value(), new Expectation.KeyAt(held.revision()));
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
    }

    private UserView.Basis basisNow(Endpoint endpoint, Deadline deadline) {
        return Buckets.lookBehind(buckets.users(), () -> view.basis(endpoint), deadline);
    }

    private static boolean isLastAdmin(UserView.Basis basis) {
        return basis.activeAdmins() == 1
                && basis.user()
                        .filter(held -> held.value().user().isActiveAdmin())
                        .isPresent();
    }

    private OptionalLong put(UserRecord record, Expectation expected) {
        return buckets.put(Bucket.USERS, Keys.user(record.user().endpoint()), record.toJson(), expected);
    }

    /** What stands there behind a quorum's later acknowledgement. To find out has time of its own. */
    private Optional<Held<UserRecord>> find(Endpoint endpoint, OutcomeUnknownException unknown) {
        try {
            return Buckets.lookBehind(buckets.users(), () -> view.find(endpoint), buckets.deadline());
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
    }
}
