package io.unibus.store.jetstream;

import io.unibus.protocol.User;
import io.unibus.store.ChangeSource;
import io.unibus.store.StateDifference;
import io.unibus.store.StoreChange;
import io.unibus.store.StoreChange.Kind;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what changed between two records of a user. */
final class UserComparison implements ChangeReporter.Comparison<Held<UserRecord>> {
    @Override
    public long revision(Held<UserRecord> record) {
        return record.revision();
    }

    @Override
    public List<StoreChange> between(
            long revision, @Nullable Held<UserRecord> before, @Nullable Held<UserRecord> after) {
        return StateDifference.ofUser(ChangeSource.USERS, revision, user(before), user(after));
    }

    /**
     * Returns a revocation of a user who is revoked, since that is the last change there can be, an addition of one whose record
     * says that nothing changed since, and otherwise only that the user was found.
     */
    @Override
    public List<StoreChange> found(Held<UserRecord> record) {
        User user = record.value().user();
        if (!user.isActive()) {
            return List.of(change(record, Kind.USER_REVOKED, Optional.empty()));
        }
        Kind kind = user.updatedAt().equals(user.createdAt()) ? Kind.USER_ADDED : Kind.USER_FOUND;
        return List.of(change(record, kind, Optional.of(user.role().toString())));
    }

    private static StoreChange change(Held<UserRecord> record, Kind kind, Optional<String> role) {
        return StoreChange.ofUser(
                ChangeSource.USERS,
                record.revision(),
                kind,
                record.value().user().endpoint(),
                role);
    }

    private static @Nullable User user(@Nullable Held<UserRecord> record) {
        return record == null ? null : record.value().user();
    }
}
