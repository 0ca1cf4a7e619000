package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes the digests in a link. Each is SHA-256 over fields, of which the first is a label of its own, and each field is
 * preceded by its length in two bytes (big endian): no content of one kind is ever content of another.
 *
 * <p>The order of endpoints is that of their text form, {@link Endpoint#compareTo}; in the digest an endpoint is the 32
 * bytes of its public key.
 */
public final class ChainDigests {
    /** The length of a room key. */
    public static final int ROOM_KEY_BYTES = 32;

    private static final String COMMITMENT_LABEL = "unibus room key commitment v1";
    private static final String SEALED_KEYS_LABEL = "unibus room sealed keys v1";
    private static final byte[] MEMBERS_LABEL =
            lengthPrefixed("unibus room members v1".getBytes(StandardCharsets.US_ASCII));

    private ChainDigests() {}

    /**
     * Returns the commitment to a room key: SHA-256 over the label {@code unibus room key commitment v1}, the room id, the
     * epoch (8 bytes, big endian) and the key. A room key is 32 random bytes, which nobody can try out: a plain digest
     * tells nothing about it, and no second key fits.
     *
     * @param key 32 bytes; not kept
     * @throws IllegalArgumentException when it has another length
     */
    public static ChainDigest roomKeyCommitment(RoomId room, Epoch epoch, byte[] key) {
        if (key.length != ROOM_KEY_BYTES) {
            throw new IllegalArgumentException("a room key has " + ROOM_KEY_BYTES + " bytes, not " + key.length);
        }
        MessageDigest sha256 = ChainDigest.newSha256();
        // The key goes into the digest by itself, so that no buffer keeps a copy of it.
        sha256.update(new FieldWriter(COMMITMENT_LABEL)
                .ascii(room.value())
                .number64(epoch.number())
                .toBytes());
        sha256.update(new byte[] {0, ROOM_KEY_BYTES});
        sha256.update(key);
        return ChainDigest.finish(sha256);
    }

    /**
     * Returns the digest of the sealed keys that come with a link: SHA-256 over the label {@code unibus room sealed keys
     * v1}, the epoch (8 bytes, big endian), and of each key, ordered by endpoint, the endpoint and the sealed key.
     *
     * @param keys by endpoint, in any order
     * @return {@link ChainDigest#NONE} when there are none
     */
    public static ChainDigest sealedKeys(Epoch epoch, Map<Endpoint, SealedKey> keys) {
        if (keys.isEmpty()) {
            return ChainDigest.NONE;
        }
        FieldWriter fields = new FieldWriter(SEALED_KEYS_LABEL).number64(epoch.number());
        new TreeMap<>(keys)
                .forEach((endpoint, key) -> fields.field(endpoint.publicKey()).field(key.bytes()));
        return ChainDigest.sha256(fields.toBytes());
    }

    /**
     * Returns the digest of a list of members: SHA-256 over the label {@code unibus room members v1} and, of each member in
     * the order of endpoints, one field of 33 bytes: the endpoint and the role (1 owner, 2 member). Names are not in it:
     * a node, which keeps none, can compute it from its own list.
     *
     * @param members in any order, each endpoint once
     */
    public static ChainDigest members(Collection<ChainMember> members) {
        TreeMap<Endpoint, ChainMember> ordered = new TreeMap<>();
        members.forEach(member -> ordered.put(member.endpoint(), member));
        return orderedMembers(ordered.values());
    }

    /** Does what {@link #members} does, with members that are in order already. */
    static ChainDigest orderedMembers(Collection<ChainMember> members) {
        MessageDigest sha256 = ChainDigest.newSha256();
        sha256.update(MEMBERS_LABEL);
        members.forEach(member -> member.updateDigest(sha256));
        return ChainDigest.finish(sha256);
    }

    private static byte[] lengthPrefixed(byte[] field) {
        byte[] prefixed = new byte[2 + field.length];
        prefixed[1] = (byte) field.length;
        System.arraycopy(field, 0, prefixed, 2, field.length);
        return prefixed;
    }
}
