package io.unibus.client;

import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an endpoint does with rooms, including the keys of encrypted ones. Thread-safe.
 *
 * <p>Each write is carried out once and with a certain outcome as far as the node can be reached: races with other owners
 * are repeated with what is true then, and when an answer does not come, the node is asked what happened before anything
 * is repeated. What cannot be found out is an {@link OutcomeUnknownException}. The other exceptions are those of
 * {@link ControlPlaneClient}, and {@link SealingException}.
 *
 * <p>Keys are sealed to the members that the node lists: a node that lists an endpoint which nobody invited gets it a key,
 * and every member can see it in the list.
 */
public final class Rooms {
    private final ControlPlaneClient client;
    private final Identity identity;
    private final SecureRandom random;

    /**
     * @param identity the one that {@code client} calls as
     * @throws IllegalArgumentException when it is another
     */
    public Rooms(ControlPlaneClient client, Identity identity) {
        if (!client.caller().equals(identity.endpoint())) {
            throw new IllegalArgumentException(
                    "the client calls as " + client.caller() + ", not as " + identity.endpoint());
        }
        this.client = client;
        this.identity = identity;
        this.random = new SecureRandom();
    }

    /**
     * Makes a room with oneself as its owner.
     *
     * @param subject unique; chosen from the room's id when empty
     */
    public Room create(Optional<Subject> subject, RoomPolicy policy) {
        RoomId room = RoomId.random(random);
        CreateRoomRequest request = new CreateRoomRequest(Optional.of(room), subject, policy, firstKeys(room, policy));
        return new CertainWrite<>(Set.of(), () -> client.createRoom(request), () -> Absence.of(() -> client.room(room)))
                .run();
    }

    /** Adds a member, in an encrypted room together with its current key. For owners. */
    public Member invite(RoomId room, Endpoint endpoint, MemberRole role) {
        return new CertainWrite<>(
                        Set.of("epoch-conflict"),
                        () -> client.invite(room, invitation(room, endpoint, role)),
                        () -> member(room, endpoint))
                .run();
    }

    /**
     * Removes a member; oneself is to leave. In an encrypted room an owner who removes another rekeys it in the same step,
     * so that the removed member cannot read on; after leaving, the room waits for an owner's rekey.
     */
    public void remove(RoomId room, Endpoint endpoint) {
        if (endpoint.equals(identity.endpoint())) {
            leave(room);
        } else if (client.room(room).policy().encrypted()) {
            new Rekeying(client, identity.endpoint(), random, room, endpoint).run();
        } else {
            delete(room, endpoint);
        }
    }

    /** Replaces the key of an encrypted room by a fresh one, sealed to every member. For owners. Returns the room after. */
    public Room rekey(RoomId room) {
        if (!client.room(room).policy().encrypted()) {
            throw new ProblemException(Problem.of(
                    409, "room-not-encrypted", "Room " + room + " is not encrypted and has no key to replace."));
        }
        return new Rekeying(client, identity.endpoint(), random, room, null).run();
    }

    /** The key of {@code epoch}, opened; for members of an encrypted room. */
    public RoomSecret secret(RoomId room, Epoch epoch) {
        return RoomSecret.open(client.key(room, epoch).sealedKey(), room, epoch, identity);
    }

    private Map<Endpoint, SealedKey> firstKeys(RoomId room, RoomPolicy policy) {
        if (!policy.encrypted()) {
            return Map.of();
        }
        Endpoint self = identity.endpoint();
        return Map.of(self, RoomSecret.generate(random).seal(room, Epoch.FIRST, self, self));
    }

    private InviteRequest invitation(RoomId room, Endpoint endpoint, MemberRole role) {
        Room seen = client.room(room);
        if (!seen.policy().encrypted()) {
            return new InviteRequest(endpoint, role, seen.epoch(), Optional.empty());
        }
        RoomKey own = client.key(room);
        RoomSecret secret = RoomSecret.open(own.sealedKey(), room, own.epoch(), identity);
        SealedKey sealed = secret.seal(room, own.epoch(), identity.endpoint(), endpoint);
        return new InviteRequest(endpoint, role, own.epoch(), Optional.of(sealed));
    }

    private Optional<Member> member(RoomId room, Endpoint endpoint) {
        return client.members(room).stream()
                .filter(member -> member.endpoint().equals(endpoint))
                .findFirst();
    }

    private void leave(RoomId room) {
        certainly(
                () -> client.removeMember(room, identity.endpoint()),
                () -> Absence.of(() -> client.room(room)).isEmpty());
    }

    private void delete(RoomId room, Endpoint endpoint) {
        certainly(
                () -> client.removeMember(room, endpoint),
                () -> member(room, endpoint).isEmpty());
    }

    private static void certainly(Runnable write, Check carriedOut) {
        new CertainWrite<>(
                        Set.of(),
                        () -> {
                            write.run();
                            return true;
                        },
                        () -> carriedOut.holds() ? Optional.of(true) : Optional.empty())
                .run();
    }

    private interface Check {
        boolean holds();
    }
}
