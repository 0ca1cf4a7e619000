package io.unibus.node.control;

import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.Rejection;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreUnavailableException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What each caller may do with rooms and users, and the doing of it. Thread-safe.
 *
 * <p>Every change of a room is decided on the room as it was read, permission included, and committed by
 * compare-and-set on that reading; when another change came first, it is decided anew, for at most the operation
 * time-out. What no compare-and-set covers, that the caller is an active user or an admin, is looked at anew for each
 * attempt, and acted on only while that is younger than the operation time-out. Whoever may not see a thing gets the same
 * answer as if it did not exist.
 */
public final class ControlPlane {
    private final Store store;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final SecureRandom random;
    private final Duration opTimeout;

    public ControlPlane(
            Store store, InstantSource clock, LongSupplier nanoTime, SecureRandom random, Duration opTimeout) {
        this.store = store;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.random = random;
        this.opTimeout = opTimeout;
    }

    /** Whether an endpoint counts as an active user: with bus-auth off, whoever is not revoked. */
    public boolean isAuthorized(Endpoint caller) {
        return store.findUser(caller).map(User::isActive).orElse(true);
    }

    /** Returns the user of an endpoint; empty when it is not on the allowlist. */
    public Optional<User> findUser(Endpoint endpoint) {
        return store.findUser(endpoint);
    }

    public boolean isAdmin(Endpoint caller) {
        return store.findUser(caller).map(User::isActiveAdmin).orElse(false);
    }

    /** Returns what an endpoint, as which somebody has proven to come, may do on the bus. */
    public BusAccess busAccess(Endpoint endpoint) {
        Optional<User> user = store.findUser(endpoint);
        if (user.isEmpty()) {
            return new BusAccess.Denied(DenialReason.USER_UNKNOWN);
        }
        if (!user.get().isActive()) {
            return new BusAccess.Denied(DenialReason.USER_REVOKED);
        }
        return new BusAccess.Granted(
                store.roomsOf(endpoint).stream().map(MemberRoom::subject).collect(Collectors.toSet()));
    }

    public Outcome<Room> createRoom(Endpoint caller, CreateRoomRequest request) {
        RoomId id = request.roomId().orElseGet(() -> RoomId.random(random));
        return whileYoung(caller, () -> NewRoom.decide(request, id, caller, now()))
                .flatMap(store::createRoom)
                .map(RoomState::room);
    }

    public Outcome<Room> room(Endpoint caller, RoomId id) {
        return visible(caller, id).map(RoomState::room);
    }

    /** Ordered by endpoint. */
    public Outcome<List<Member>> members(Endpoint caller, RoomId id) {
        return visible(caller, id).map(state -> List.copyOf(state.members().values()));
    }

    public Outcome<Member> invite(Endpoint caller, RoomId id, InviteRequest request) {
        return change(
                        caller,
                        id,
                        () -> owned(caller, id)
                                .flatMap(state -> isAuthorized(request.endpoint())
                                        ? state.invite(request, now())
                                        : Outcome.refused(new Rejection.UserRevoked(request.endpoint()))))
                .map(state -> state.member(request.endpoint()).orElseThrow());
    }

    public Outcome<Room> removeMember(Endpoint caller, RoomId id, Endpoint endpoint) {
        Function<RoomState, Outcome<RoomChange>> decision = state -> state.remove(endpoint, now());
        return change(
                        caller,
                        id,
                        () -> caller.equals(endpoint)
                                ? visible(caller, id).flatMap(decision)
                                : owned(caller, id).flatMap(decision))
                .map(RoomState::room);
    }

    public Outcome<Room> rekey(Endpoint caller, RoomId id, RekeyRequest request) {
        return change(caller, id, () -> owned(caller, id).flatMap(state -> state.rekey(request, now())))
                .map(RoomState::room);
    }

    /** One's own sealed key; of the room's current epoch when {@code epoch} is empty. */
    public Outcome<RoomKey> key(Endpoint caller, RoomId id, Endpoint endpoint, Optional<Epoch> epoch) {
        Rejection notFound = new Rejection.KeyNotFound(endpoint);
        if (!caller.equals(endpoint)) {
            return Outcome.refused(notFound);
        }
        return visible(caller, id)
                .flatMap(state -> store.findKey(id, epoch.orElse(state.room().epoch()), endpoint)
                        .map(Outcome::done)
                        .orElseGet(() -> Outcome.refused(notFound)));
    }

    /** Ordered by room id; empty for an endpoint that is in no room. */
    public Outcome<List<MemberRoom>> roomsOf(Endpoint caller, Endpoint endpoint) {
        if (!caller.equals(endpoint) && !isAdmin(caller)) {
            return Outcome.refused(new Rejection.MemberNotFound(endpoint));
        }
        return Outcome.done(store.roomsOf(endpoint));
    }

    /** Ordered by endpoint. */
    public Outcome<List<User>> users(Endpoint caller) {
        return asAdmin(caller, () -> Outcome.done(store.users()));
    }

    public Outcome<User> user(Endpoint caller, Endpoint endpoint) {
        Rejection notFound = new Rejection.UserNotFound(endpoint);
        if (!caller.equals(endpoint) && !isAdmin(caller)) {
            return Outcome.refused(notFound);
        }
        return store.findUser(endpoint).map(Outcome::done).orElseGet(() -> Outcome.refused(notFound));
    }

    public Outcome<User> addUser(Endpoint caller, AddUserRequest request) {
        return asAdmin(
                caller, () -> store.addUser(User.active(request.endpoint(), request.handle(), request.role(), now())));
    }

    public Outcome<User> revokeUser(Endpoint caller, Endpoint endpoint) {
        return asAdmin(caller, () -> store.revokeUser(endpoint, now()));
    }

    private <T> Outcome<T> asAdmin(Endpoint caller, Operation<T> operation) {
        long begun = nanoTime.getAsLong();
        if (!isAdmin(caller)) {
            return Outcome.refused(new Rejection.AdminOnly());
        }
        requireYoung(begun);
        return operation.run();
    }

    /** What is decided for a caller who is active, on readings of which none is older than the operation time-out. */
    private <T> Outcome<T> whileYoung(Endpoint caller, Operation<T> decision) {
        long begun = nanoTime.getAsLong();
        if (!isAuthorized(caller)) {
            return Outcome.refused(new Rejection.UserRevoked(caller));
        }
        Outcome<T> decided = decision.run();
        requireYoung(begun);
        return decided;
    }

    /** A process that was paused meanwhile does not know what others decided in that time. */
    private void requireYoung(long begun) {
        if (nanoTime.getAsLong() - begun > opTimeout.toNanos()) {
            throw new StoreUnavailableException(
                    "deciding took longer than " + opTimeout.toMillis()
                            + " ms, so what it rests on may be out of date; nothing was written, try again",
                    null);
        }
    }

    /** The room, to a member. */
    private Outcome<RoomState> visible(Endpoint caller, RoomId id) {
        return store.findRoom(id)
                .filter(state -> state.member(caller).isPresent())
                .map(Outcome::done)
                .orElseGet(() -> Outcome.refused(new Rejection.RoomNotFound(id)));
    }

    /** The room, to an owner. */
    private Outcome<RoomState> owned(Endpoint caller, RoomId id) {
        return visible(caller, id)
                .flatMap(state -> state.member(caller).orElseThrow().isOwner()
                        ? Outcome.done(state)
                        : Outcome.refused(new Rejection.OwnerOnly(id)));
    }

    private Outcome<RoomState> change(Endpoint caller, RoomId id, Operation<RoomChange> decision) {
        long start = nanoTime.getAsLong();
        do {
            Outcome<RoomChange> decided = whileYoung(caller, decision);
            if (decided instanceof Outcome.Refused<RoomChange> refused) {
                return Outcome.refused(refused.rejection());
            }
            Optional<RoomState> committed = store.commit(((Outcome.Done<RoomChange>) decided).value());
            if (committed.isPresent()) {
                return Outcome.done(committed.get());
            }
        } while (nanoTime.getAsLong() - start < opTimeout.toNanos());
        throw new StoreUnavailableException(
                "room " + id + " is being changed by others all the time; nothing was written, try again", null);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private interface Operation<T> {
        Outcome<T> run();
    }
}
