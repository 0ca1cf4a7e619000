package io.unibus.node.control;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.User;
import io.unibus.store.AccessListener;
import io.unibus.store.AccessListeners;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangeListeners;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeSource;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.Rejection;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.StateDifference;
import io.unibus.store.Store;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory that behaves as {@link Store} says, and lets a test stand between a decision and its commit.
 * Thread-safe.
 */
public final class MemoryStore implements Store {
    private final SortedMap<Endpoint, User> users = new TreeMap<>();
    private final SortedMap<RoomId, RoomState> rooms = new TreeMap<>();
    private final Map<KeyName, RoomKey> keys = new HashMap<>();
    private final AccessListeners listeners = new AccessListeners();
    private final ChangeListeners changeListeners = new ChangeListeners(ChangeSource.CHANGES);
    private long changes;
    private Runnable onCall = () -> {};
    private Runnable onCommit = () -> {};

    private record KeyName(RoomId room, Epoch epoch, Endpoint endpoint) {}

    /** Runs before every call; what it throws, the call throws. */
    public synchronized void beforeEachCall(Runnable action) {
        onCall = action;
    }

    /** Runs when a change was decided and is about to be committed. */
    public synchronized void beforeEachCommit(Runnable action) {
        onCommit = action;
    }

    /** Makes the next commit find that another change came first. */
    public synchronized void touch(RoomId room) {
        rooms.computeIfPresent(
                room,
                (id, state) -> RoomState.of(
                        state.room(), state.revision() + 1, state.members().values()));
    }

    @Override
    public Optional<User> findUser(Endpoint endpoint) {
        called();
        synchronized (this) {
            return Optional.ofNullable(users.get(endpoint));
        }
    }

    @Override
    public List<User> users() {
        called();
        synchronized (this) {
            return List.copyOf(users.values());
        }
    }

    @Override
    public boolean hasAdmin() {
        called();
        synchronized (this) {
            return users.values().stream().anyMatch(User::isActiveAdmin);
        }
    }

    @Override
    public Outcome<User> addUser(User user) {
        called();
        synchronized (this) {
            if (users.putIfAbsent(user.endpoint(), user) != null) {
                return Outcome.refused(new Rejection.UserExists(user.endpoint()));
            }
            listeners.accessMayHaveChanged(user.endpoint());
            tellUser(null, user);
            return Outcome.done(user);
        }
    }

    @Override
    public Outcome<User> revokeUser(Endpoint endpoint, Instant at) {
        called();
        synchronized (this) {
            Optional<User> user = Optional.ofNullable(users.get(endpoint));
            if (user.isEmpty()) {
                return Outcome.refused(new Rejection.UserNotFound(endpoint));
            }
            boolean otherAdmin = users.values().stream()
                    .anyMatch(
                            other -> other.isActiveAdmin() && !other.endpoint().equals(endpoint));
            if (user.get().isActiveAdmin() && !otherAdmin) {
                return Outcome.refused(new Rejection.LastAdmin(endpoint));
            }
            User revoked = user.get().revoked(at);
            users.put(endpoint, revoked);
            listeners.accessMayHaveChanged(endpoint);
            tellUser(user.get(), revoked);
            return Outcome.done(revoked);
        }
    }

    @Override
    public Optional<RoomState> findRoom(RoomId room) {
        called();
        synchronized (this) {
            return Optional.ofNullable(rooms.get(room));
        }
    }

    @Override
    public Outcome<RoomState> createRoom(NewRoom room) {
        called();
        synchronized (this) {
            RoomId id = room.room().roomId();
            if (rooms.containsKey(id)) {
                return Outcome.refused(new Rejection.RoomExists(id));
            }
            if (rooms.values().stream()
                    .anyMatch(other -> other.room().subject().equals(room.room().subject()))) {
                return Outcome.refused(new Rejection.SubjectTaken(room.room().subject()));
            }
            RoomState created = RoomState.of(room.room(), 1, List.of(room.owner()));
            rooms.put(id, created);
            keep(id, Epoch.FIRST, room.keys());
            listeners.accessMayHaveChanged(room.owner().endpoint());
            tellRoom(null, created);
            return Outcome.done(created);
        }
    }

    @Override
    public Optional<RoomState> commit(RoomChange change) {
        called();
        runCommitHook();
        synchronized (this) {
            RoomId id = change.room().roomId();
            long current = Optional.ofNullable(rooms.get(id)).orElseThrow().revision();
            if (current != change.before().revision()) {
                return Optional.empty();
            }
            RoomState after = change.after(current + 1);
            rooms.put(id, after);
            keep(id, change.room().epoch(), change.keys());
            change.joining().forEach(member -> listeners.accessMayHaveChanged(member.endpoint()));
            change.leaving().forEach(listeners::accessMayHaveChanged);
            tellRoom(change.before(), after);
            return Optional.of(after);
        }
    }

    @Override
    public Optional<RoomKey> findKey(RoomId room, Epoch epoch, Endpoint endpoint) {
        called();
        synchronized (this) {
            return Optional.ofNullable(keys.get(new KeyName(room, epoch, endpoint)));
        }
    }

    @Override
    public List<MemberRoom> roomsOf(Endpoint endpoint) {
        called();
        synchronized (this) {
            return rooms.values().stream()
                    .filter(state -> state.member(endpoint).isPresent())
                    .map(state -> new MemberRoom(
                            state.room().roomId(),
                            state.room().subject(),
                            state.room().epoch(),
                            state.room().policy(),
                            state.member(endpoint).orElseThrow().role()))
                    .toList();
        }
    }

    @Override
    public void addListener(AccessListener listener) {
        listeners.add(listener);
    }

    /** Counts the committed writes; keeps none for listeners who come later. */
    @Override
    public synchronized void addChangeListener(ChangeListener listener, ChangePosition after) {
        changeListeners.add(listener, after.in(ChangeSource.CHANGES), List.of());
        changeListeners.limitTo(changes);
    }

    @Override
    public void confirmWritable() {
        called();
    }

    @Override
    public void close() {}

    private void tellUser(@Nullable User before, User after) {
        changeListeners.tell(StateDifference.ofUser(ChangeSource.CHANGES, ++changes, before, after));
    }

    private void tellRoom(@Nullable RoomState before, RoomState after) {
        changeListeners.tell(StateDifference.ofRoom(ChangeSource.CHANGES, ++changes, before, after));
    }

    private void called() {
        Runnable action;
        synchronized (this) {
            action = onCall;
        }
        action.run();
    }

    private void runCommitHook() {
        Runnable action;
        synchronized (this) {
            action = onCommit;
        }
        action.run();
    }

    private void keep(RoomId room, Epoch epoch, SortedMap<Endpoint, SealedKey> sealed) {
        sealed.forEach((endpoint, key) ->
                keys.put(new KeyName(room, epoch, endpoint), new RoomKey(room, epoch, endpoint, key)));
    }
}
