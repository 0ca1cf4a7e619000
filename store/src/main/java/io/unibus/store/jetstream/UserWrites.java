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
import java.util.function.Supplier;

/**
 * Adds and revokes users, by compare-and-set on the key of the user. What was refused or not answered is looked up behind a
 * read barrier before anybody is told. The revocation of an admin rests on what other users
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

    Outcome<User> add(User user) {
        if (view.find(user.endpoint()).isPresent()) {
            return Outcome.refused(new Rejection.UserExists(user.endpoint()));
        }
        UserRecord record = UserRecord.added(user, ids.next());
        long marker = view.markerRevision(user.endpoint());
        OutcomeUnknownException unknown;
        try {
            OptionalLong revision = put(record, new Expectation.KeyAt(marker));
            if (revision.isPresent()) {
                Buckets.awaitOwn(buckets.users(), revision.getAsLong());
                return Outcome.done(record.user());
            }
            unknown = refused(user.endpoint());
        } catch (OutcomeUnknownException e) {
            unknown = e;
        }
        return resolve(record, marker, unknown);
    }

    /** Finds out whether an addition that was refused or not answered happened, and if not, sees to it that it never does. */
    private Outcome<User> resolve(UserRecord record, long marker, OutcomeUnknownException unknown) {
        Endpoint endpoint = record.user().endpoint();
        Optional<Held<UserRecord>> found = find(endpoint, unknown);
        if (found.isEmpty()) {
            attempt(() -> buckets.delete(Bucket.USERS, Keys.user(endpoint), new Expectation.KeyAt(marker)), unknown);
            found = find(endpoint, unknown);
        }
        if (found.isPresent()) {
            return found.get().value().added().equals(record.added())
                    ? Outcome.done(record.user())
                    : Outcome.refused(new Rejection.UserExists(endpoint));
        }
        if (view.markerRevision(endpoint) <= marker) {
            throw unknown; // another write was in the way of both and may come to nothing, or the user has come just
            // now
        }
        throw new StoreUnavailableException("the user was not added: " + unknown.getMessage(), unknown);
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
            basis = view.basis(endpoint);
        } while (!deadline.hasPassed());
        throw new StoreUnavailableException("other writes kept coming before the revocation; try again", null);
    }

    /** Returns empty, with nothing written, when another write came first. */
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
            if (revision.isPresent()) {
                Buckets.awaitOwn(buckets.users(), revision.getAsLong());
                return Optional.of(Outcome.done(record.user()));
            }
        } catch (OutcomeUnknownException e) {
            return Optional.of(resolve(held, e));
        }
        return refusal(held, applied, expected);
    }

    /**
     * Finds out whether a refusal is final: what stands behind a read barrier tells, unless that is still what the revocation
     * was decided on.
     */
    private Optional<Outcome<User>> refusal(Held<UserRecord> held, long applied, Expectation expected) {
        Endpoint endpoint = held.value().user().endpoint();
        OutcomeUnknownException unknown = refused(endpoint);
        UserView.Basis now = look(() -> view.basis(endpoint), unknown);
        User user = now.user().orElse(held).value().user();
        if (!user.isActive()) {
            return Optional.of(Outcome.done(user));
        }
        // The barrier's own write is after everything that the servers took of this bucket before.
        boolean overtaken = expected instanceof Expectation.BucketAt
                ? now.applied() != applied
                : now.user().map(Held::revision).orElse(0L) != held.revision();
        return overtaken ? Optional.empty() : Optional.of(resolve(held, unknown));
    }

    private static OutcomeUnknownException refused(Endpoint endpoint) {
        return new OutcomeUnknownException("the write of user " + endpoint + " was refused, which is not final", null);
    }

    /** Finds out whether a write without a clear answer happened, and if not, sees to it that it never does. */
    private Outcome<User> resolve(Held<UserRecord> before, OutcomeUnknownException unknown) {
        Endpoint endpoint = before.value().user().endpoint();
        Held<UserRecord> found = find(endpoint, unknown).orElse(before);
        if (found.value().user().isActive()) {
            attempt(() -> put(before.value(), new Expectation.KeyAt(before.revision())), unknown);
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

    /** Writes in the place that a write of unknown outcome expects, so that it can never be taken from then on. */
    private static void attempt(Supplier<OptionalLong> write, OutcomeUnknownException unknown) {
        try {
            var unused = write.get(); // what stands there afterwards is looked up in any case
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

    private Optional<Held<UserRecord>> find(Endpoint endpoint, OutcomeUnknownException unknown) {
        return look(() -> view.find(endpoint), unknown);
    }

    /** Looks at the view behind a read barrier. To find out has time of its own. */
    private <T> T look(Supplier<T> look, OutcomeUnknownException unknown) {
        try {
            return Buckets.lookBehind(buckets.users(), look, buckets.deadline());
        } catch (StoreException e) {
            unknown.addSuppressed(e);
            throw unknown;
        }
    }
}
