package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.AccessListener;
import io.unibus.store.AccessListeners;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangeSource;
import io.unibus.store.RoomState;
import io.unibus.store.StoreChange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rooms and their members in memory, as the feed of one bucket tells of them. Thread-safe. How old an answer is, is for the
 * fence to say.
 */
final class RoomView implements EntryListener {
    /** More changed memberships than this are not remembered one by one. */
    private static final int MOST_CHANGED = 50_000;

    private final Map<RoomId, RoomRecord> rooms = new HashMap<>();
    private final Map<RoomId, Long> removed = new HashMap<>();
    private final Map<Subject, RoomId> subjects = new HashMap<>();
    private final Map<Endpoint, Memberships> memberships = new HashMap<>();
    private final Unreadable unreadable = new Unreadable(Bucket.ROOMS);
    private final Map<String, ChangeObserver> observers = new HashMap<>();
    private final AccessListeners listeners = new AccessListeners();
    /** Its lock comes before that of this view. */
    private final ChangeReporter<RoomId, RoomRecord> reporter =
            new ChangeReporter<>(ChangeSource.ROOMS, new RoomComparison());

    private Set<Keys.OfMember> changed = new HashSet<>();
    private boolean allChanged;
    private long applied;
    /** How often writes were skipped, as when the view was read by pages. */
    private long gaps;

    /** The rooms of an endpoint, of which there is one instance. */
    private record Memberships(Endpoint endpoint, TreeSet<RoomId> rooms) {}

    /**
     * Sees whether one change of a room comes to the view, however many follow it before anybody asks. Made by
     * {@link #observe}, and closed by whoever asked for it.
     */
    final class ChangeObserver implements AutoCloseable {
        private final String change;
        private final long gapsBefore = gaps;
        private long revision;

        private ChangeObserver(String change) {
            this.change = change;
        }

        /** Returns the revision at which the change came, if it was seen. */
        OptionalLong revision() {
            synchronized (RoomView.this) {
                return revision == 0 ? OptionalLong.empty() : OptionalLong.of(revision);
            }
        }

        /** Returns whether the view was told of every single write since: a change that was not seen then is not there. */
        boolean hasSeenAll() {
            synchronized (RoomView.this) {
                return gaps == gapsBefore;
            }
        }

        @Override
        public void close() {
            synchronized (RoomView.this) {
                observers.remove(change);
            }
        }
    }

    /**
     * Tells a listener from now on, in the feed's thread and without the lock of this view, of the members that each applied
     * entry concerns. A repair by pages needs no more than that: reads are answered from this view alone, and each entry is
     * compared with what the view held, however many writes were skipped.
     */
    void addListener(AccessListener listener) {
        listeners.add(listener);
    }

    /**
     * Tells a listener what is newer than a position, and from now on each change, in the feed's thread.
     */
    void addChangeListener(ChangeListener listener, OptionalLong after) {
        reporter.add(listener, after, this::records);
    }

    private synchronized List<RoomRecord> records() {
        return List.copyOf(rooms.values());
    }

    /** Begins to look out for a change. To be called before it is written. */
    synchronized ChangeObserver observe(String change) {
        ChangeObserver observer = new ChangeObserver(change);
        observers.put(change, observer);
        return observer;
    }

    /** Returns the room and its members at one revision. */
    Optional<RoomState> state(RoomId id) {
        return record(id).map(RoomRecord::state);
    }

    synchronized Optional<RoomRecord> record(RoomId id) {
        unreadable.refuse(Keys.room(id));
        return Optional.ofNullable(rooms.get(id));
    }

    /** Returns the revision of the marker in the place of a room that does not exist; 0 without a marker, or with a room. */
    synchronized long markerRevision(RoomId id) {
        return removed.getOrDefault(id, 0L);
    }

    /** Returns the room that has a subject. */
    synchronized Optional<RoomId> holder(Subject subject) {
        unreadable.refuse(Keys.subject(subject));
        return Optional.ofNullable(subjects.get(subject));
    }

    /** Returns the rooms of an endpoint by room id. */
    synchronized List<MemberRoom> roomsOf(Endpoint endpoint) {
        unreadable.refuseAny();
        List<MemberRoom> found = new ArrayList<>();
        Memberships of = memberships.get(endpoint);
        if (of != null) {
            for (RoomId id : of.rooms()) {
                RoomState state = Objects.requireNonNull(rooms.get(id)).state();
                Room room = state.room();
                state.member(endpoint)
                        .ifPresent(member -> found.add(
                                new MemberRoom(id, room.subject(), room.epoch(), room.policy(), member.role())));
            }
        }
        return found;
    }

    /** Takes back what {@link #takeChanged} returned. */
    synchronized void giveBackChanged(Optional<? extends Collection<Keys.OfMember>> taken) {
        allChanged |= taken.isEmpty();
        taken.ifPresent(changed::addAll);
    }

    /** Returns whether the record of the room can be read, if there is one. */
    synchronized boolean isReadable(Keys.OfMember key) {
        return isReadable(key.room());
    }

    /** Returns the member that a room has under an endpoint, if both are there and the room's record can be read. */
    synchronized Optional<Member> member(Keys.OfMember key) {
        return Optional.ofNullable(rooms.get(key.room()))
                .flatMap(record -> record.state().member(key.endpoint()));
    }

    /** Hands over every membership. */
    void forEachMembership(Consumer<Keys.OfMember> visitor) {
        for (RoomRecord record : records()) {
            RoomId id = record.roomId();
            record.state().members().keySet().forEach(endpoint -> visitor.accept(new Keys.OfMember(id, endpoint)));
        }
    }

    /**
     * Returns the memberships that began, ended or changed since the last call, and forgets them.
     *
     * @return empty when they were too many to be remembered, or all are new
     */
    synchronized Optional<Set<Keys.OfMember>> takeChanged() {
        Set<Keys.OfMember> taken = changed;
        boolean all = allChanged;
        changed = new HashSet<>();
        allChanged = false;
        return all ? Optional.empty() : Optional.of(taken);
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
        gaps += entry.revision() == applied + 1 ? 0 : 1;
        applied = entry.revision();
        reporter.advance(applied);
        if (!Keys.isRecord(entry.key())) {
            return List.of();
        }
        boolean wasUnreadable = unreadable.remove(entry.key());
        if (wasUnreadable) {
            changes.addAny(); // nobody's rooms could be listed meanwhile
        }
        try {
            if (Keys.isSubject(entry.key())) {
                putSubject(Keys.parseSubject(entry.key()), entry);
                return List.of();
            }
            return putRoom(Keys.parseRoom(entry.key()), entry, wasUnreadable, changes);
        } catch (MalformedException e) {
            unreadable.add(entry.key(), e);
            changes.addAny();
            return List.of();
        }
    }

    private void putSubject(Subject subject, Entry entry) {
        subjects.remove(subject);
        if (!entry.deleted()) {
            subjects.put(subject, Reservation.fromJson(entry.value()).room());
        }
    }

    private List<StoreChange> putRoom(RoomId id, Entry entry, boolean wasUnreadable, AccessChanges changes) {
        RoomRecord before = rooms.remove(id);
        removed.remove(id);
        RoomRecord after = null;
        try {
            if (entry.deleted()) {
                removed.put(id, entry.revision());
            } else {
                after = RoomRecord.fromJson(entry.value(), entry.revision(), this::intern);
                rooms.put(id, after);
                ChangeObserver observer = observers.get(after.lastChange());
                if (observer != null) {
                    observer.revision = entry.revision();
                }
            }
            return reporter.changes(id, entry.revision(), before, after, wasUnreadable);
        } catch (MalformedException e) {
            reporter.keep(id, before);
            throw e;
        } finally {
            changeMembers(id, members(before), members(after), changes);
            if (before != null
                    && after != null
                    && !before.room().subject().equals(after.room().subject())) {
                changes.addAll(after.state().members().keySet());
            }
        }
    }

    private static SortedMap<Endpoint, Member> members(@Nullable RoomRecord record) {
        return record == null ? new TreeMap<>() : record.state().members();
    }

    private Endpoint intern(Endpoint endpoint) {
        Memberships of = memberships.get(endpoint);
        return of == null ? endpoint : of.endpoint();
    }

    private void changeMembers(
            RoomId id, SortedMap<Endpoint, Member> before, SortedMap<Endpoint, Member> after, AccessChanges changes) {
        before.forEach((endpoint, member) -> {
            Member now = after.get(endpoint);
            if (now == null) {
                leave(id, endpoint);
            }
            if (!member.equals(now)) {
                noteChanged(id, endpoint);
                changes.add(endpoint);
            }
        });
        after.keySet().forEach(endpoint -> {
            if (!before.containsKey(endpoint)) {
                memberships
                        .computeIfAbsent(endpoint, key -> new Memberships(key, new TreeSet<>()))
                        .rooms()
                        .add(id);
                noteChanged(id, endpoint);
                changes.add(endpoint);
            }
        });
    }

    private void leave(RoomId id, Endpoint endpoint) {
        Memberships of = memberships.get(endpoint);
        if (of != null && of.rooms().remove(id) && of.rooms().isEmpty()) {
            memberships.remove(endpoint);
        }
    }

    private void noteChanged(RoomId id, Endpoint endpoint) {
        if (changed.size() < MOST_CHANGED) {
            changed.add(new Keys.OfMember(id, endpoint));
        } else {
            allChanged = true;
        }
    }

    @Override
    public void filled() {
        reporter.fill(this::isReadable);
    }

    private synchronized boolean isReadable(RoomId id) {
        return !unreadable.contains(Keys.room(id));
    }

    @Override
    public void clear() {
        reporter.report(this::forgetAll);
        listeners.anyAccessMayHaveChanged();
    }

    private synchronized List<StoreChange> forgetAll() {
        reporter.clear(rooms);
        rooms.clear();
        removed.clear();
        subjects.clear();
        memberships.clear();
        unreadable.clear();
        changed.clear();
        allChanged = true;
        applied = 0;
        gaps++;
        return List.of();
    }
}
