package io.unibus.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Values and requests for tests of stores: readable, and the same in every run. */
public final class StoreFixtures {
    public static final Instant NOW = Instant.parse("2026-11-21T08:50:00.123Z");
    public static final RoomPolicy ENCRYPTED = new RoomPolicy(true);
    public static final RoomPolicy OPEN = new RoomPolicy(false);

    private StoreFixtures() {}

    /** The peer with this number; their order as endpoints is that of their numbers. */
    public static Endpoint endpoint(int number) {
        return Endpoint.ofPublicKey(ByteBuffer.allocate(32).putInt(number).array());
    }

    /** A sealed key that says who made it for what. */
    public static SealedKey sealed(String text) {
        return SealedKey.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** One key for each endpoint, all of which name {@code author}. */
    public static SortedMap<Endpoint, SealedKey> keysBy(String author, Collection<Endpoint> endpoints) {
        SortedMap<Endpoint, SealedKey> keys = new TreeMap<>();
        endpoints.forEach(endpoint -> keys.put(endpoint, sealed(author + " for " + endpoint)));
        return keys;
    }

    public static User member(Endpoint endpoint) {
        return User.active(endpoint, new Handle("a-member"), UserRole.MEMBER, NOW);
    }

    public static User admin(Endpoint endpoint) {
        return User.active(endpoint, new Handle("an-admin"), UserRole.ADMIN, NOW);
    }

    public static NewRoom encryptedRoom(RoomId id, Endpoint owner) {
        return newRoom(id, Subject.defaultFor(id), ENCRYPTED, owner, NOW);
    }

    public static NewRoom openRoom(RoomId id, Endpoint owner) {
        return newRoom(id, Subject.defaultFor(id), OPEN, owner, NOW);
    }

    public static NewRoom newRoom(RoomId id, Subject subject, RoomPolicy policy, Endpoint owner, Instant now) {
        SortedMap<Endpoint, SealedKey> keys = policy.encrypted() ? keysBy("creator", List.of(owner)) : new TreeMap<>();
        CreateRoomRequest request = new CreateRoomRequest(Optional.of(id), Optional.of(subject), policy, keys);
        return done(NewRoom.decide(request, id, owner, now));
    }

    /** An invitation that {@code state} allows. */
    public static RoomChange invitation(RoomState state, Endpoint endpoint, MemberRole role, Instant now) {
        Optional<SealedKey> key = state.room().policy().encrypted()
                ? Optional.of(sealed("invitation for " + endpoint))
                : Optional.empty();
        return done(state.invite(new InviteRequest(endpoint, role, state.room().epoch(), key), now));
    }

    /** A rekey that {@code state} allows, with keys that name {@code author}. */
    public static RoomChange rekey(RoomState state, String author, Collection<Endpoint> remove, Instant now) {
        Map<Endpoint, SealedKey> keys = keysBy(author, state.members().keySet());
        keys.keySet().removeAll(remove);
        return done(state.rekey(new RekeyRequest(state.room().epoch().next(), keys, remove), now));
    }

    /** The value of an outcome that must not be a refusal. */
    public static <T> T done(Outcome<T> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Done.class);
        return ((Outcome.Done<T>) outcome).value();
    }

    /** The rejection of an outcome that must be a refusal. */
    public static Rejection refusal(Outcome<?> outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused<?>) outcome).rejection();
    }
}
