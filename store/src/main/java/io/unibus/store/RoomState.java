package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.chain.ChainState;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A room and its members as they stood at one revision, and the rules by which they change. Immutable.
 *
 * @param revision grows with every committed change of the room or its members; otherwise opaque
 * @param members by endpoint
 */
public record RoomState(Room room, long revision, SortedMap<Endpoint, Member> members) {
    /**
     * As many members as a room can have and be rekeyed: the sealed keys of this many, as this project's client makes them,
     * fit into one request of 1 MiB. The replicated store's record of a room has space for more.
     */
    public static final int MAX_MEMBERS = ChainState.MAX_MEMBERS;

    public RoomState {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    }

    public static RoomState of(Room room, long revision, Collection<Member> members) {
        return new RoomState(room, revision, byEndpoint(members));
    }

    public Optional<Member> member(Endpoint endpoint) {
        return Optional.ofNullable(members.get(endpoint));
    }

    /** Decides an invitation made at {@code now}. */
    public Outcome<RoomChange> invite(InviteRequest request, Instant now) {
        if (!request.epoch().equals(room.epoch())) {
            return Outcome.refused(new Rejection.EpochConflict(room.epoch()));
        }
        if (members.containsKey(request.endpoint())) {
            return Outcome.refused(new Rejection.MemberExists(request.endpoint()));
        }
        if (room.rekeyRequired()) {
            return Outcome.refused(new Rejection.RekeyRequired(room.roomId()));
        }
        if (members.size() >= MAX_MEMBERS) {
            return Outcome.refused(new Rejection.RoomFull(room.roomId()));
        }
        SortedMap<Endpoint, SealedKey> keys = new TreeMap<>();
        request.sealedKey().ifPresent(key -> keys.put(request.endpoint(), key));
        Member joining = new Member(request.endpoint(), request.role(), now);
        return KeyCover.of(room.policy(), Set.of(request.endpoint()), keys)
                .map(cover -> change(room.epoch(), false, Set.of(joining), Collections.emptySortedSet(), cover, now));
    }

    /** Decides that a member leaves or is removed at {@code now}; an encrypted room then requires a rekey. */
    public Outcome<RoomChange> remove(Endpoint endpoint, Instant now) {
        if (!members.containsKey(endpoint)) {
            return Outcome.refused(new Rejection.MemberNotFound(endpoint));
        }
        SortedSet<Endpoint> leaving = new TreeSet<>(Set.of(endpoint));
        if (longestStandingOwner(leaving).isEmpty()) {
            return Outcome.refused(new Rejection.LastOwner(endpoint));
        }
        return Outcome.done(
                change(room.epoch(), room.policy().encrypted(), Set.of(), leaving, Collections.emptySortedMap(), now));
    }

    /** Decides a rekey at {@code now}: its keys cover exactly the members who remain. */
    public Outcome<RoomChange> rekey(RekeyRequest request, Instant now) {
        if (!room.policy().encrypted()) {
            return Outcome.refused(new Rejection.RoomNotEncrypted(room.roomId()));
        }
        Epoch next = room.epoch().next();
        if (!request.epoch().equals(next)) {
            return Outcome.refused(new Rejection.EpochConflict(room.epoch()));
        }
        for (Endpoint endpoint : request.remove()) {
            if (!members.containsKey(endpoint)) {
                return Outcome.refused(new Rejection.MemberNotFound(endpoint));
            }
        }
        if (longestStandingOwner(request.remove()).isEmpty()) {
            return Outcome.refused(new Rejection.LastOwner(room.owner()));
        }
        SortedSet<Endpoint> remaining = new TreeSet<>(members.keySet());
        remaining.removeAll(request.remove());
        return KeyCover.of(room.policy(), remaining, request.keys())
                .map(cover -> change(next, false, Set.of(), request.remove(), cover, now));
    }

    private RoomChange change(
            Epoch epoch,
            boolean rekeyRequired,
            Set<Member> joining,
            SortedSet<Endpoint> leaving,
            SortedMap<Endpoint, SealedKey> keys,
            Instant now) {
        Endpoint owner =
                leaving.contains(room.owner()) ? longestStandingOwner(leaving).orElseThrow() : room.owner();
        Room after = new Room(
                room.roomId(), room.subject(), epoch, room.policy(), owner, rekeyRequired, room.createdAt(), now);
        return new RoomChange(this, after, joining, leaving, keys);
    }

    private Optional<Endpoint> longestStandingOwner(Set<Endpoint> leaving) {
        return members.values().stream()
                .filter(Member::isOwner)
                .filter(member -> !leaving.contains(member.endpoint()))
                .min(Comparator.comparing(Member::joinedAt).thenComparing(Member::endpoint))
                .map(Member::endpoint);
    }

    private static SortedMap<Endpoint, Member> byEndpoint(Collection<Member> members) {
        SortedMap<Endpoint, Member> byEndpoint = new TreeMap<>();
        members.forEach(member -> byEndpoint.put(member.endpoint(), member));
        return byEndpoint;
    }
}
