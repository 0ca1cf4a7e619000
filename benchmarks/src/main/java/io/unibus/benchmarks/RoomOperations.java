package io.unibus.benchmarks;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** Changes of rooms through a store, each as a node makes it: the room is read, the rules decide, the change is committed. */
final class RoomOperations {
    private final Store store;
    private final Clock clock = Clock.systemUTC();

    RoomOperations(Store store) {
        this.store = store;
    }

    /** Creates a room and fills it by one change, which rekeys it if it is encrypted. The first endpoint is its owner. */
    void fill(RoomId id, List<Endpoint> members, boolean encrypted) {
        Endpoint owner = members.get(0);
        RoomState before = done(NewRoom.decide(SampleRooms.creation(id, owner, encrypted), id, owner, now())
                .flatMap(store::createRoom));
        Instant now = now();
        Set<Member> joining = members.stream()
                .skip(1)
                .map(endpoint -> new Member(endpoint, MemberRole.MEMBER, now))
                .collect(Collectors.toSet());
        Room room = before.room();
        Epoch epoch = encrypted ? room.epoch().next() : room.epoch();
        Room after = new Room(id, room.subject(), epoch, room.policy(), owner, false, room.createdAt(), now);
        SortedMap<Endpoint, SealedKey> keys =
                encrypted ? SampleRooms.sealedKeys(members) : Collections.emptySortedMap();
        commit(new RoomChange(before, after, joining, Collections.emptySortedSet(), keys));
    }

    /** Creates an encrypted room with one member. */
    void create(RoomId id, Endpoint owner) {
        RoomState unused = done(NewRoom.decide(SampleRooms.creation(id, owner, true), id, owner, now())
                .flatMap(store::createRoom));
    }

    /** Invites an endpoint into an encrypted room. */
    void invite(RoomId id, Endpoint endpoint) {
        RoomState room = read(id);
        commit(done(room.invite(SampleRooms.invitation(endpoint, room.room().epoch(), true), now())));
    }

    /** Removes a member. */
    void remove(RoomId id, Endpoint endpoint) {
        commit(done(read(id).remove(endpoint, now())));
    }

    /** Gives all members of an encrypted room a new key. */
    void rekey(RoomId id, SortedMap<Endpoint, SealedKey> keys) {
        RoomState room = read(id);
        commit(done(room.rekey(new RekeyRequest(room.room().epoch().next(), keys, Set.<Endpoint>of()), now())));
    }

    /** Reads a room with its members. */
    RoomState read(RoomId id) {
        return store.findRoom(id).orElseThrow();
    }

    /** Reads the rooms of an endpoint, which has exactly one. */
    void readRoomsOf(Endpoint endpoint) {
        int rooms = store.roomsOf(endpoint).size();
        if (rooms != 1) {
            throw new IllegalStateException("not one room, but " + rooms);
        }
    }

    private void commit(RoomChange change) {
        if (store.commit(change).isEmpty()) {
            throw new IllegalStateException("another change came first");
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static <T> T done(Outcome<T> outcome) {
        if (outcome instanceof Outcome.Done<T> done) {
            return done.value();
        }
        throw new IllegalStateException("refused: " + outcome);
    }
}
