package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.SealedKey;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A change that the rules decided on {@code before}: to be committed whole and only while the room is still at that
 * revision. Immutable; made by {@link RoomState}.
 *
 * @param room the room afterwards
 * @param joining members who are new
 * @param leaving members of {@code before} who are gone afterwards
 * @param keys new sealed keys, of {@code room.epoch()}
 */
public record RoomChange(
        RoomState before,
        Room room,
        Set<Member> joining,
        SortedSet<Endpoint> leaving,
        SortedMap<Endpoint, SealedKey> keys) {

    public RoomChange {
        joining = Set.copyOf(joining);
        leaving = Collections.unmodifiableSortedSet(new TreeSet<>(leaving));
        keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    }

    /** Whether this change brings a new room key. */
    public boolean isRekey() {
        return !room.epoch().equals(before.room().epoch());
    }

    /** The room once this change is committed as {@code revision}. */
    public RoomState after(long revision) {
        Map<Endpoint, Member> members = new TreeMap<>(before.members());
        leaving.forEach(members::remove);
        joining.forEach(member -> members.put(member.endpoint(), member));
        return RoomState.of(room, revision, members.values());
    }
}
