package io.unibus.benchmarks;

import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Requests to make and to change rooms, with random bytes as sealed keys, which a node cannot open anyway. */
final class SampleRooms {
    private static final int SEALED_BYTES = 80;
    private static final Random RANDOM = new Random(1);

    private SampleRooms() {}

    /** Returns the endpoint of a number, always the same one. */
    static Endpoint endpoint(int number) {
        byte[] key = new byte[32];
        new Random(number).nextBytes(key);
        return Endpoint.ofPublicKey(ByteBuffer.wrap(key).putInt(number).array());
    }

    /** Returns a request to create a room, encrypted or not. */
    static CreateRoomRequest creation(RoomId room, Endpoint owner, boolean encrypted) {
        return new CreateRoomRequest(
                Optional.of(room),
                Optional.empty(),
                new RoomPolicy(encrypted),
                encrypted ? Map.of(owner, sealedKey()) : Map.of());
    }

    /** Returns a request to invite an endpoint into a room, encrypted or not. */
    static InviteRequest invitation(Endpoint endpoint, Epoch epoch, boolean encrypted) {
        return new InviteRequest(
                endpoint, MemberRole.MEMBER, epoch, encrypted ? Optional.of(sealedKey()) : Optional.empty());
    }

    /** Returns a request for a rekey that keeps all members. */
    static RekeyRequest rekey(Epoch next, Collection<Endpoint> members) {
        return new RekeyRequest(next, sealedKeys(members), List.of());
    }

    /** Returns a sealed key for each of these. */
    static SortedMap<Endpoint, SealedKey> sealedKeys(Collection<Endpoint> endpoints) {
        SortedMap<Endpoint, SealedKey> keys = new TreeMap<>();
        endpoints.forEach(endpoint -> keys.put(endpoint, sealedKey()));
        return keys;
    }

    private static SealedKey sealedKey() {
        byte[] bytes = new byte[SEALED_BYTES];
        RANDOM.nextBytes(bytes);
        return SealedKey.of(bytes);
    }
}
