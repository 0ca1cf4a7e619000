package io.unibus.store.jetstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.store.RoomState;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the two projections must say of rooms. */
final class Projections {
    private Projections() {}

    /** Fails unless both buckets list exactly the members of these rooms, which are all that there are. */
    static void assertRight(InMemoryBuckets buckets, Collection<RoomState> rooms, String point) {
        assertRight(buckets.records(Bucket.MEMBERS), buckets.records(Bucket.ROOMS_BY_MEMBER), rooms, point);
    }

    static void assertRight(
            SortedMap<String, Entry> members,
            SortedMap<String, Entry> roomsByMember,
            Collection<RoomState> rooms,
            String point) {
        SortedMap<String, Member> expectedMembers = new TreeMap<>();
        SortedMap<String, Member> expectedRooms = new TreeMap<>();
        for (RoomState state : rooms) {
            RoomId room = state.room().roomId();
            state.members().forEach((endpoint, member) -> {
                expectedMembers.put(Keys.member(room, endpoint), member);
                expectedRooms.put(Keys.roomByMember(endpoint, room), member);
            });
        }
        assertThat(parsed(members, false)).as(point + ": members").isEqualTo(expectedMembers);
        assertThat(parsed(roomsByMember, true)).as(point + ": rooms by member").isEqualTo(expectedRooms);
    }

    private static SortedMap<String, Member> parsed(SortedMap<String, Entry> records, boolean byMember) {
        SortedMap<String, Member> parsed = new TreeMap<>();
        records.forEach((name, entry) -> {
            Keys.OfMember key = byMember ? Keys.parseRoomByMember(name) : Keys.parseMember(name);
            Endpoint endpoint = key.endpoint();
            parsed.put(name, MembershipRecord.fromJson(endpoint, entry.value()));
        });
        return parsed;
    }
}
