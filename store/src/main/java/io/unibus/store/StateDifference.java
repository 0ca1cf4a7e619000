package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.User;
import io.unibus.store.StoreChange.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Says which changes lead from one state to the next, all of them at one revision. */
public final class StateDifference {
    private final ChangeSource source;
    private final long revision;
    private final List<StoreChange> changes = new ArrayList<>();

    private StateDifference(ChangeSource source, long revision) {
        this.source = source;
        this.revision = revision;
    }

    /**
     * Returns the changes of a room and of its members.
     *
     * @param before null when there was no room
     * @param after null when there is none any more
     */
    public static List<StoreChange> ofRoom(
            ChangeSource source, long revision, @Nullable RoomState before, @Nullable RoomState after) {
        StateDifference difference = new StateDifference(source, revision);
        if (before == null && after != null) {
            difference.addRoom(Kind.ROOM_CREATED, after.room());
        } else if (before != null && after != null) {
            difference.compareRooms(before.room(), after.room());
        }
        if (before != null || after != null) {
            RoomId id = Objects.requireNonNullElse(after, before).room().roomId();
            difference.compareMembers(id, members(before), members(after));
        }
        if (before != null && after == null) {
            difference.changes.add(StoreChange.ofRoom(
                    source, revision, Kind.ROOM_DELETED, before.room().roomId(), Optional.empty()));
        }
        return difference.changes;
    }

    /**
     * Returns the changes of a user.
     *
     * @param before null when there was no record
     * @param after null when there is none any more
     */
    public static List<StoreChange> ofUser(
            ChangeSource source, long revision, @Nullable User before, @Nullable User after) {
        StateDifference difference = new StateDifference(source, revision);
        if (after == null) {
            if (before != null) {
                difference.addUser(Kind.USER_REMOVED, before, false);
            }
            return difference.changes;
        }
        if (before == null) {
            difference.addUser(Kind.USER_ADDED, after, true);
        } else if (before.role() != after.role()
                || !before.handle().equals(after.handle())
                || (!before.isActive() && after.isActive())) {
            difference.addUser(Kind.USER_CHANGED, after, true);
        }
        if (!after.isActive() && (before == null || before.isActive())) {
            difference.addUser(Kind.USER_REVOKED, after, false);
        }
        return difference.changes;
    }

    private static SortedMap<Endpoint, Member> members(@Nullable RoomState state) {
        return state == null ? Collections.emptySortedMap() : state.members();
    }

    private void compareRooms(Room before, Room after) {
        if (!before.epoch().equals(after.epoch())) {
            addRoom(Kind.ROOM_REKEYED, after);
        }
        if (!before.subject().equals(after.subject()) || !before.policy().equals(after.policy())) {
            changes.add(StoreChange.ofRoom(source, revision, Kind.ROOM_CHANGED, after.roomId(), Optional.empty()));
        }
    }

    private void compareMembers(RoomId room, SortedMap<Endpoint, Member> before, SortedMap<Endpoint, Member> after) {
        before.keySet().stream()
                .filter(endpoint -> !after.containsKey(endpoint))
                .forEach(endpoint -> changes.add(
                        StoreChange.ofMember(source, revision, Kind.MEMBER_REMOVED, room, endpoint, Optional.empty())));
        after.forEach((endpoint, member) -> {
            Member was = before.get(endpoint);
            if (was == null) {
                addMember(Kind.MEMBER_ADDED, room, member);
            } else if (was.role() != member.role()) {
                addMember(Kind.MEMBER_ROLE_CHANGED, room, member);
            }
        });
    }

    private void addRoom(Kind kind, Room room) {
        changes.add(StoreChange.ofRoom(source, revision, kind, room.roomId(), Optional.of(room.epoch())));
    }

    private void addMember(Kind kind, RoomId room, Member member) {
        changes.add(StoreChange.ofMember(
                source,
                revision,
                kind,
                room,
                member.endpoint(),
                Optional.of(member.role().toString())));
    }

    private void addUser(Kind kind, User user, boolean withRole) {
        changes.add(StoreChange.ofUser(
                source,
                revision,
                kind,
                user.endpoint(),
                withRole ? Optional.of(user.role().toString()) : Optional.empty()));
    }
}
