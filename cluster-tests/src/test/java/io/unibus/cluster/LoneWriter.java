package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.OutcomeUnknownException;
import io.unibus.client.ProblemException;
import io.unibus.client.UnreachableException;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A client whose rooms nobody else changes, and who is an admin. It therefore knows exactly what a node must have after
 * each acknowledged write, but for the one write that may be under way when the node dies: that one has happened whole or
 * not at all. One thread at a time.
 */
final class LoneWriter {
    private static final int CHANGES_PER_ROOM = 12;
    private static final int SEALED_BYTES = 113;

    private final Identity identity;
    private final List<Identity> peers;
    private final Random random;
    private final Map<RoomId, ExpectedRoom> rooms = new LinkedHashMap<>();
    private final Set<Endpoint> users = new TreeSet<>();
    private final Set<RoomId> unchecked = new LinkedHashSet<>();
    private @Nullable ExpectedRoom latest;
    private @Nullable ExpectedRoom roomInDoubt;
    private @Nullable Endpoint userInDoubt;
    private int changesOfLatest;
    private int acknowledged;

    /** @param peers whom it invites */
    LoneWriter(Identity identity, List<Identity> peers, Random random) {
        this.identity = identity;
        this.peers = List.copyOf(peers);
        this.random = random;
    }

    Endpoint endpoint() {
        return identity.endpoint();
    }

    /** Writes that were answered with success. */
    int acknowledged() {
        return acknowledged;
    }

    Set<RoomId> rooms() {
        return rooms.keySet();
    }

    /** Writes until the node does not answer any more. Refusals for any other reason than its stop are failures. */
    void writeUntilUnanswered(ControlPlaneClient node) {
        try {
            while (true) {
                writeOnce(node);
            }
        } catch (UnreachableException e) {
            settle(false);
        } catch (OutcomeUnknownException e) {
            // What was in doubt stays so, until the node is asked.
        } catch (ProblemException e) {
            settle(false);
            if (e.status() != 503) {
                throw e;
            }
        }
    }

    private void writeOnce(ControlPlaneClient node) {
        @Nullable ExpectedRoom room = latest;
        if (room == null || changesOfLatest++ > CHANGES_PER_ROOM) {
            create(node);
        } else if (random.nextInt(8) == 0) {
            addUser(node);
        } else {
            change(node, room);
        }
        settle(true);
    }

    private void create(ControlPlaneClient node) {
        RoomId id = new RoomId("r" + Long.toUnsignedString(random.nextLong(), 36));
        SealedKey key = someKey();
        roomInDoubt = ExpectedRoom.created(id, endpoint(), key);
        changesOfLatest = 0;
        node.createRoom(
                new CreateRoomRequest(Optional.of(id), Optional.empty(), RoomPolicy.DEFAULT, Map.of(endpoint(), key)));
    }

    private void addUser(ControlPlaneClient node) {
        Endpoint user = Identity.generate(Randoms.secure(random)).endpoint();
        userInDoubt = user;
        node.addUser(new AddUserRequest(user, handleOf(user), UserRole.MEMBER));
    }

    private static Handle handleOf(Endpoint user) {
        return new Handle("user-" + user.nkey().substring(48));
    }

    private void change(ControlPlaneClient node, ExpectedRoom room) {
        List<Endpoint> others = new ArrayList<>(room.members());
        others.remove(endpoint());
        List<Endpoint> absent = peers.stream()
                .map(Identity::endpoint)
                .filter(peer -> !room.members().contains(peer))
                .toList();
        int choice = random.nextInt(4);
        if (room.rekeyRequired() || choice == 0) {
            rekey(node, room, Optional.empty());
        } else if (choice == 1 && !others.isEmpty()) {
            rekey(node, room, Optional.of(oneOf(others)));
        } else if (choice == 2 && !others.isEmpty()) {
            Endpoint leaving = oneOf(others);
            roomInDoubt = room.removed(leaving);
            node.removeMember(room.id(), leaving);
        } else if (absent.isEmpty()) {
            rekey(node, room, Optional.empty());
        } else {
            invite(node, room, oneOf(absent));
        }
    }

    private void invite(ControlPlaneClient node, ExpectedRoom room, Endpoint peer) {
        SealedKey key = someKey();
        roomInDoubt = room.invited(peer, key);
        node.invite(room.id(), new InviteRequest(peer, MemberRole.MEMBER, room.currentEpoch(), Optional.of(key)));
    }

    private void rekey(ControlPlaneClient node, ExpectedRoom room, Optional<Endpoint> leaving) {
        Set<Endpoint> remaining = new TreeSet<>(room.members());
        leaving.ifPresent(remaining::remove);
        Map<Endpoint, SealedKey> keys =
                remaining.stream().collect(Collectors.toMap(Function.identity(), member -> someKey()));
        roomInDoubt = room.rekeyed(keys);
        node.rekey(
                room.id(),
                new RekeyRequest(
                        room.currentEpoch().next(), keys, leaving.stream().toList()));
    }

    private void settle(boolean happened) {
        if (happened) {
            acknowledged++;
            Optional.ofNullable(roomInDoubt).ifPresent(this::take);
            Optional.ofNullable(userInDoubt).ifPresent(users::add);
        }
        roomInDoubt = null;
        userInDoubt = null;
    }

    private void take(ExpectedRoom room) {
        rooms.put(room.id(), room);
        unchecked.add(room.id());
        latest = room;
    }

    /**
     * Compares what a node serves with what it must have, for the rooms changed since the last call.
     *
     * @param clients one for each peer and this writer
     * @return the number of rooms and users that were compared
     */
    int check(Map<Endpoint, ControlPlaneClient> clients) {
        ControlPlaneClient own = client(clients, endpoint());
        resolveDoubts(own);
        int compared = checkUsers(own.users());
        assertThat(own.roomsOf(endpoint()).stream()
                        .filter(room -> room.role() == MemberRole.OWNER)
                        .map(MemberRoom::roomId))
                .as("rooms of %s", endpoint())
                .containsExactlyInAnyOrderElementsOf(rooms.keySet());
        for (RoomId id : unchecked) {
            ExpectedRoom expected = Optional.ofNullable(rooms.get(id)).orElseThrow();
            Room room = own.room(id);
            assertThat(room.epoch().number()).as("epoch of %s", id).isEqualTo(expected.epoch());
            assertThat(room.rekeyRequired()).as("rekey_required of %s", id).isEqualTo(expected.rekeyRequired());
            assertThat(own.members(id).stream().map(Member::endpoint))
                    .as("members of %s", id)
                    .containsExactlyInAnyOrderElementsOf(expected.members());
            for (Endpoint member : expected.members()) {
                assertThat(client(clients, member).key(id).sealedKey())
                        .as("current key of %s in %s", member, id)
                        .isEqualTo(expected.currentKeys().get(member));
            }
            compared++;
        }
        unchecked.clear();
        return compared;
    }

    private static ControlPlaneClient client(Map<Endpoint, ControlPlaneClient> clients, Endpoint endpoint) {
        return Optional.ofNullable(clients.get(endpoint)).orElseThrow();
    }

    /** Either it happened or it did not; from now on that is known. */
    private void resolveDoubts(ControlPlaneClient own) {
        @Nullable ExpectedRoom room = roomInDoubt;
        if (room != null) {
            boolean exists = own.roomsOf(endpoint()).stream()
                    .anyMatch(listed -> listed.roomId().equals(room.id()));
            if (exists) {
                unchecked.add(room.id());
                if (isAs(own, room)) {
                    take(room);
                }
            } // a room that was acknowledged and is missing is found by the check
        }
        @Nullable Endpoint user = userInDoubt;
        if (user != null
                && own.users().stream().anyMatch(known -> known.endpoint().equals(user))) {
            users.add(user);
        }
        roomInDoubt = null;
        userInDoubt = null;
    }

    private static boolean isAs(ControlPlaneClient own, ExpectedRoom expected) {
        Room room = own.room(expected.id());
        Set<Endpoint> members =
                own.members(expected.id()).stream().map(Member::endpoint).collect(Collectors.toSet());
        return room.epoch().number() == expected.epoch()
                && room.rekeyRequired() == expected.rekeyRequired()
                && members.equals(expected.members());
    }

    private int checkUsers(List<User> found) {
        Map<Endpoint, Handle> handles = found.stream().collect(Collectors.toMap(User::endpoint, User::handle));
        users.forEach(user -> assertThat(handles).as("users").containsEntry(user, handleOf(user)));
        return users.size();
    }

    /** Compares the whole store of a stopped node with what it must have, keys of all epochs included. */
    void check(Store store) {
        checkUsers(store.users());
        rooms.values().forEach(room -> check(store, room));
    }

    private static void check(Store store, ExpectedRoom expected) {
        RoomState state = store.findRoom(expected.id()).orElseThrow();
        assertThat(state.room().owner()).isEqualTo(expected.owner());
        assertThat(state.room().epoch().number()).isEqualTo(expected.epoch());
        assertThat(state.members().keySet()).isEqualTo(expected.members());
        expected.keys()
                .forEach((epoch, keys) -> keys.forEach(
                        (endpoint, key) -> assertThat(store.findKey(expected.id(), new Epoch(epoch), endpoint))
                                .as("key of %s in %s, epoch %s", endpoint, expected.id(), epoch)
                                .hasValueSatisfying(
                                        found -> assertThat(found.sealedKey()).isEqualTo(key))));
    }

    private SealedKey someKey() {
        byte[] bytes = new byte[SEALED_BYTES];
        random.nextBytes(bytes);
        return SealedKey.of(bytes);
    }

    private Endpoint oneOf(List<Endpoint> endpoints) {
        return endpoints.get(random.nextInt(endpoints.size()));
    }
}
