package io.unibus.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * What is true of every store at rest, whatever happened to it before. Checked through the interface, so the caller says
 * which rooms and endpoints there may be. A check throws an {@link AssertionError} that names the room or endpoint.
 */
public final class StoreInvariants {
    private final Store store;
    private final Collection<RoomId> rooms;
    private final Collection<Endpoint> endpoints;

    /**
     * @param rooms all that may exist
     * @param endpoints all that may be a member or user, or have a key
     */
    public StoreInvariants(Store store, Collection<RoomId> rooms, Collection<Endpoint> endpoints) {
        this.store = store;
        this.rooms = new TreeSet<>(rooms);
        this.endpoints = new TreeSet<>(endpoints);
    }

    public void check() {
        List<RoomState> states =
                rooms.stream().map(store::findRoom).flatMap(Optional::stream).toList();
        states.forEach(this::checkRoom);
        endpoints.forEach(endpoint -> checkRoomsOf(endpoint, states));
        assertThat(states.stream().map(state -> state.room().subject()))
                .as("subjects")
                .doesNotHaveDuplicates();
        checkUsers();
    }

    private void checkRoom(RoomState state) {
        Room room = state.room();
        assertThat(state.member(room.owner()))
                .as("%s: its owner is a member and an owner", room)
                .hasValueSatisfying(owner -> assertThat(owner.isOwner()).isTrue());
        assertThat(endpoints)
                .as("%s: its members are known", room)
                .containsAll(state.members().keySet());
        if (room.policy().encrypted()) {
            checkKeys(state);
        } else {
            assertThat(room.rekeyRequired()).as("%s: rekey_required", room).isFalse();
            assertThat(room.epoch()).as("%s: epoch", room).isEqualTo(Epoch.FIRST);
            assertThat(holders(room, room.epoch())).as("%s: keys", room).isEmpty();
        }
    }

    private void checkKeys(RoomState state) {
        Room room = state.room();
        Set<Endpoint> holders = holders(room, room.epoch());
        if (room.rekeyRequired()) {
            assertThat(holders)
                    .as("%s: members have keys", room)
                    .containsAll(state.members().keySet());
        } else {
            assertThat(holders)
                    .as("%s: exactly the members have keys", room)
                    .isEqualTo(state.members().keySet());
        }
        LongStream.range(1, room.epoch().number())
                .mapToObj(Epoch::new)
                .forEach(epoch -> assertThat(holders(room, epoch))
                        .as("%s: keys of epoch %s", room, epoch)
                        .isNotEmpty());
        assertThat(holders(room, room.epoch().next()))
                .as("%s: keys of the epoch to come", room)
                .isEmpty();
    }

    private Set<Endpoint> holders(Room room, Epoch epoch) {
        Set<Endpoint> holders = new TreeSet<>(endpoints);
        holders.removeIf(
                endpoint -> store.findKey(room.roomId(), epoch, endpoint).isEmpty());
        return holders;
    }

    private void checkRoomsOf(Endpoint endpoint, List<RoomState> states) {
        List<MemberRoom> expected = states.stream()
                .flatMap(state -> state.member(endpoint).map(member -> view(state.room(), member)).stream())
                .sorted(Comparator.comparing(MemberRoom::roomId))
                .toList();
        assertThat(store.roomsOf(endpoint)).as("rooms of %s", endpoint).isEqualTo(expected);
    }

    private void checkUsers() {
        List<User> users = store.users();
        assertThat(users).as("users").isSortedAccordingTo(Comparator.comparing(User::endpoint));
        assertThat(users).extracting(User::endpoint).doesNotHaveDuplicates();
        for (User user : users) {
            assertThat(store.findUser(user.endpoint())).contains(user);
        }
        boolean adminWasAdded = users.stream().anyMatch(user -> user.role() == UserRole.ADMIN);
        assertThat(users.stream().anyMatch(User::isActiveAdmin))
                .as("an active admin remains once one was added")
                .isEqualTo(adminWasAdded);
        assertThat(store.hasAdmin()).as("hasAdmin").isEqualTo(adminWasAdded);
    }

    private static MemberRoom view(Room room, Member member) {
        return new MemberRoom(room.roomId(), room.subject(), room.epoch(), room.policy(), member.role());
    }
}
