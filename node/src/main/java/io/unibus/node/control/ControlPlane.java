package io.unibus.node.control;

import io.unibus.node.audit.AskedChange;
import io.unibus.node.audit.AuditLog;
import io.unibus.node.config.BusAuth;
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
import io.unibus.store.StoreChange;
import io.unibus.store.StoreUnavailableException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What each caller may do with rooms and users, and the doing of it. Thread-safe.
 *
 * <p>A request is admitted first, by one look at the allowlist; what it may do is decided on that look.
 *
 * <p>Every change of a room is decided on the room as it was read, permission included, and committed by
 * compare-and-set on that reading; when another change came first, it is decided anew, for at most the operation
 * time-out. What no compare-and-set covers, that the caller is an active user or an admin, is looked at anew for each
 * attempt after the first, and acted on only while that is younger than the operation time-out. Whoever may not see a thing gets the same
 * answer as if it did not exist.
 */
public final class ControlPlane {
    private final Store store;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final SecureRandom random;
    private final Duration opTimeout;
    private final BusAuth mode;
    private final DenialCounter denials;
    private final ChangeAudit audit;

    /** @param denials is told of callers whom the allowlist does not have, or not any more */
    public ControlPlane(
            Store store,
            InstantSource clock,
            LongSupplier nanoTime,
            SecureRandom random,
            Duration opTimeout,
            BusAuth mode,
            DenialCounter denials,
            AuditLog auditLog) {
        this.audit = new ChangeAudit(auditLog, nanoTime);
        this.mode = mode;
        this.denials = denials;
        this.store = store;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.random = random;
        this.opTimeout = opTimeout;
    }

    /**
     * Decides whether an endpoint is served at all: with bus-auth {@code enforce} an active user, otherwise whoever is not revoked.
     *
     * @param address from which the request came
     * @return the caller, or {@link Rejection.CallerUnknown} or {@link Rejection.CallerRevoked}
     */
    public Outcome<AdmittedCaller> admit(Endpoint endpoint, AdmittedCaller.Proof proof, String address) {
        long begun = nanoTime.getAsLong();
        Optional<User> user = store.findUser(endpoint);
        if (user.isEmpty()) {
            countDenial(endpoint, proof, DenialReason.USER_UNKNOWN);
            if (mode == BusAuth.ENFORCE) {
                return Outcome.refused(new Rejection.CallerUnknown(endpoint));
            }
        } else if (!user.get().isActive()) {
            countDenial(endpoint, proof, DenialReason.USER_REVOKED);
            return Outcome.refused(new Rejection.CallerRevoked(endpoint));
        }
        boolean admin = user.filter(User::isActiveAdmin).isPresent();
        return Outcome.done(new AdmittedCaller(endpoint, proof, address, admin, begun));
    }

    /** With {@code soft}, what proves nothing was counted for that. */
    private void countDenial(Endpoint endpoint, AdmittedCaller.Proof proof, DenialReason reason) {
        if (mode == BusAuth.ENFORCE || (mode == BusAuth.SOFT && proof == AdmittedCaller.Proof.SIGNATURE)) {
            denials.count(DenialCounter.Door.HTTP, Optional.of(endpoint), reason);
        }
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

    public Outcome<Room> createRoom(AdmittedCaller caller, CreateRoomRequest request) {
        RoomId id = request.roomId().orElseGet(() -> RoomId.random(random));
        return audited(
                        caller,
                        AskedChange.ofRoom(id),
                        () -> whileYoung(caller, () -> NewRoom.decide(request, id, caller.endpoint(), now()))
                                .flatMap(store::createRoom))
                .map(RoomState::room);
    }

    public Outcome<Room> room(AdmittedCaller caller, RoomId id) {
        return visible(caller, id).map(RoomState::room);
    }

    /** Ordered by endpoint. */
    public Outcome<List<Member>> members(AdmittedCaller caller, RoomId id) {
        return visible(caller, id).map(state -> List.copyOf(state.members().values()));
    }

    public Outcome<Member> invite(AdmittedCaller caller, RoomId id, InviteRequest request) {
        Endpoint invited = request.endpoint();
        AskedChange asked = AskedChange.ofMember(
                StoreChange.Kind.MEMBER_ADDED,
                id,
                invited,
                Optional.of(request.role().toString()));
        return audited(
                        caller,
                        asked,
                        () -> change(
                                caller,
                                id,
                                () -> owned(caller, id)
                                        .flatMap(state -> isActiveOrUnknown(invited)
                                                ? state.invite(request, now())
                                                : Outcome.refused(new Rejection.UserRevoked(invited)))))
                .map(state -> state.member(invited).orElseThrow());
    }

    public Outcome<Room> removeMember(AdmittedCaller caller, RoomId id, Endpoint endpoint) {
        Function<RoomState, Outcome<RoomChange>> decision = state -> state.remove(endpoint, now());
        boolean leaves = caller.endpoint().equals(endpoint);
        return audited(
                        caller,
                        AskedChange.ofMember(StoreChange.Kind.MEMBER_REMOVED, id, endpoint, Optional.empty()),
                        () -> change(
                                caller, id, () -> (leaves ? visible(caller, id) : owned(caller, id)).flatMap(decision)))
                .map(RoomState::room);
    }

    public Outcome<Room> rekey(AdmittedCaller caller, RoomId id, RekeyRequest request) {
        return audited(
                        caller,
                        AskedChange.ofRekey(id, request.epoch(), request.remove()),
                        () -> change(caller, id, () -> owned(caller, id).flatMap(state -> state.rekey(request, now()))))
                .map(RoomState::room);
    }

    /** One's own sealed key; of the room's current epoch when {@code epoch} is empty. */
    public Outcome<RoomKey> key(AdmittedCaller caller, RoomId id, Endpoint endpoint, Optional<Epoch> epoch) {
        Rejection notFound = new Rejection.KeyNotFound(endpoint);
        if (!caller.endpoint().equals(endpoint)) {
            return Outcome.refused(notFound);
        }
        return visible(caller, id)
                .flatMap(state -> store.findKey(id, epoch.orElse(state.room().epoch()), endpoint)
                        .map(Outcome::done)
                        .orElseGet(() -> Outcome.refused(notFound)));
    }

    /** Ordered by room id; empty for an endpoint that is in no room. */
    public Outcome<List<MemberRoom>> roomsOf(AdmittedCaller caller, Endpoint endpoint) {
        if (!caller.endpoint().equals(endpoint) && !caller.isAdmin()) {
            return Outcome.refused(new Rejection.MemberNotFound(endpoint));
        }
        return Outcome.done(store.roomsOf(endpoint));
    }

    /** Ordered by endpoint. */
    public Outcome<List<User>> users(AdmittedCaller caller) {
        return asAdmin(caller, () -> Outcome.done(store.users()));
    }

    public Outcome<User> user(AdmittedCaller caller, Endpoint endpoint) {
        Rejection notFound = new Rejection.UserNotFound(endpoint);
        if (!caller.endpoint().equals(endpoint) && !caller.isAdmin()) {
            return Outcome.refused(notFound);
        }
        return store.findUser(endpoint).map(Outcome::done).orElseGet(() -> Outcome.refused(notFound));
    }

    public Outcome<User> addUser(AdmittedCaller caller, AddUserRequest request) {
        AskedChange asked = AskedChange.ofUser(
                StoreChange.Kind.USER_ADDED,
                request.endpoint(),
                Optional.of(request.role().toString()));
        return auditedAsAdmin(
                caller,
                asked,
                () -> store.addUser(User.active(request.endpoint(), request.handle(), request.role(), now())));
    }

    public Outcome<User> revokeUser(AdmittedCaller caller, Endpoint endpoint) {
        return auditedAsAdmin(
                caller,
                AskedChange.ofUser(StoreChange.Kind.USER_REVOKED, endpoint, Optional.empty()),
                () -> store.revokeUser(endpoint, now()));
    }

    private Outcome<RoomState> audited(AdmittedCaller caller, AskedChange asked, Supplier<Outcome<RoomState>> change) {
        return audit.run(caller, asked, change, state -> OptionalLong.of(state.revision()));
    }

    private Outcome<User> auditedAsAdmin(AdmittedCaller caller, AskedChange asked, Supplier<Outcome<User>> change) {
        return audit.run(caller, asked, () -> asAdmin(caller, change), user -> OptionalLong.empty());
    }

    private <T> Outcome<T> asAdmin(AdmittedCaller caller, Supplier<Outcome<T>> operation) {
        if (!caller.isAdmin()) {
            return Outcome.refused(new Rejection.AdminOnly());
        }
        requireYoung(caller);
        return operation.get();
    }

    /** Decides on readings of which none is older than the operation time-out. */
    private <T> Outcome<T> whileYoung(AdmittedCaller caller, Supplier<Outcome<T>> decision) {
        Outcome<T> decided = decision.get();
        requireYoung(caller);
        return decided;
    }

    /** A process that was paused meanwhile does not know what others decided in that time. */
    private void requireYoung(AdmittedCaller caller) {
        if (nanoTime.getAsLong() - caller.admitted() > opTimeout.toNanos()) {
            throw new StoreUnavailableException(
                    "deciding took longer than " + opTimeout.toMillis()
                            + " ms, so what it rests on may be out of date; nothing was written, try again",
                    null);
        }
    }

    /** The room, to a member. */
    private Outcome<RoomState> visible(AdmittedCaller caller, RoomId id) {
        return store.findRoom(id)
                .filter(state -> state.member(caller.endpoint()).isPresent())
                .map(Outcome::done)
                .orElseGet(() -> Outcome.refused(new Rejection.RoomNotFound(id)));
    }

    /** The room, to an owner. */
    private Outcome<RoomState> owned(AdmittedCaller caller, RoomId id) {
        return visible(caller, id)
                .flatMap(state -> state.member(caller.endpoint()).orElseThrow().isOwner()
                        ? Outcome.done(state)
                        : Outcome.refused(new Rejection.OwnerOnly(id)));
    }

    private Outcome<RoomState> change(AdmittedCaller caller, RoomId id, Supplier<Outcome<RoomChange>> decision) {
        long start = nanoTime.getAsLong();
        Outcome<AdmittedCaller> admitted = Outcome.done(caller);
        do {
            Outcome<RoomChange> decided = admitted.flatMap(present -> whileYoung(present, decision));
            if (decided instanceof Outcome.Refused<RoomChange> refused) {
                return Outcome.refused(refused.rejection());
            }
            Optional<RoomState> committed = store.commit(((Outcome.Done<RoomChange>) decided).value());
            if (committed.isPresent()) {
                return Outcome.done(committed.get());
            }
            admitted = admit(caller.endpoint(), caller.proof(), caller.address());
        } while (nanoTime.getAsLong() - start < opTimeout.toNanos());
        throw new StoreUnavailableException(
                "room " + id + " is being changed by others all the time; nothing was written, try again", null);
    }

    private boolean isActiveOrUnknown(Endpoint endpoint) {
        return store.findUser(endpoint).map(User::isActive).orElse(true);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
