package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.User;
import io.unibus.store.AccessListener;
import io.unibus.store.AccessListeners;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangeSource;
import io.unibus.store.StoreChange;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The users in memory, as the feed of their bucket tells of them. Thread-safe. */
final class UserView implements EntryListener {
    private final Map<Endpoint, Held<UserRecord>> users = new TreeMap<>();
    private final Map<Endpoint, Long> removed = new HashMap<>();
    private final Unreadable unreadable = new Unreadable(Bucket.USERS);
    private final AccessListeners listeners = new AccessListeners();
    /** Its lock comes before that of this view. */
    private final ChangeReporter<Endpoint, Held<UserRecord>> reporter =
            new ChangeReporter<>(ChangeSource.USERS, new UserComparison());

    private long applied;
    private int activeAdmins;

    /**
     * What a revocation is decided on.
     *
     * @param applied the last write to the bucket that is in here
     */
    record Basis(Optional<Held<UserRecord>> user, int activeAdmins, long applied) {}

    /** Tells a listener from now on, in the feed's thread and without the lock of this view, of each entry that is applied. */
    void addListener(AccessListener listener) {
        listeners.add(listener);
    }

    /**
     * Tells a listener what is newer than a position, and from now on each change, in the feed's thread.
     */
    void addChangeListener(ChangeListener listener, OptionalLong after) {
        reporter.add(listener, after, this::records);
    }

    private synchronized List<Held<UserRecord>> records() {
        return List.copyOf(users.values());
    }

    synchronized Optional<Held<UserRecord>> find(Endpoint endpoint) {
        unreadable.refuse(Keys.user(endpoint));
        return Optional.ofNullable(users.get(endpoint));
    }

    /** Returns the revision of the marker in the place of a user who does not exist; 0 without a marker, or with a user. */
    synchronized long markerRevision(Endpoint endpoint) {
        return removed.getOrDefault(endpoint, 0L);
    }

    synchronized List<User> all() {
        unreadable.refuseAny();
        return users.values().stream().map(held -> held.value().user()).toList();
    }

    synchronized boolean hasAdmin() {
        if (activeAdmins == 0) {
            unreadable.refuseAny();
        }
        return activeAdmins > 0;
    }

    synchronized Basis basis(Endpoint endpoint) {
        return new Basis(find(endpoint), activeAdmins, applied);
    }

    @Override
    public void apply(Entry entry) {
        AccessChanges changes = new AccessChanges();
        try {
            reporter.report(() -> apply(entry, changes));
        } finally {
            changes.tell(listeners);
        }
    }

    private synchronized List<StoreChange> apply(Entry entry, AccessChanges changes) {
        applied = entry.revision();
        reporter.advance(applied);
        if (!Keys.isRecord(entry.key())) {
            return List.of();
        }
        boolean wasUnreadable = unreadable.remove(entry.key());
        try {
            Endpoint endpoint = Keys.parseUser(entry.key());
            changes.add(endpoint);
            return putUser(endpoint, entry, wasUnreadable);
        } catch (MalformedException e) {
            unreadable.add(entry.key(), e);
            changes.addAny();
            return List.of();
        }
    }

    private List<StoreChange> putUser(Endpoint endpoint, Entry entry, boolean wasUnreadable) {
        Held<UserRecord> before = users.remove(endpoint);
        count(before, -1);
        removed.remove(endpoint);
        Held<UserRecord> after = null;
        if (entry.deleted()) {
            removed.put(endpoint, entry.revision());
        } else {
            try {
                after = new Held<>(UserRecord.fromJson(entry.value()), entry.revision());
            } catch (MalformedException e) {
                reporter.keep(endpoint, before);
                throw e;
            }
            users.put(endpoint, after);
            count(after, 1);
        }
        return reporter.changes(endpoint, entry.revision(), before, after, wasUnreadable);
    }

    @Override
    public void filled() {
        reporter.fill(this::isReadable);
    }

    private synchronized boolean isReadable(Endpoint endpoint) {
        return !unreadable.contains(Keys.user(endpoint));
    }

    @Override
    public void clear() {
        reporter.report(this::forgetAll);
        listeners.anyAccessMayHaveChanged();
    }

    private synchronized List<StoreChange> forgetAll() {
        reporter.clear(users);
        users.clear();
        removed.clear();
        unreadable.clear();
        applied = 0;
        activeAdmins = 0;
        return List.of();
    }

    private void count(@Nullable Held<UserRecord> held, int change) {
        if (held != null && held.value().user().isActiveAdmin()) {
            activeAdmins += change;
        }
    }
}
