package io.unibus.store;

import static io.unibus.store.StoreFixtures.keysBy;
import static io.unibus.store.StoreFixtures.newRoom;
import static io.unibus.store.StoreFixtures.sealed;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Random operations, some of them senseless, on a few rooms and peers. One thread; several may share a store. */
public final class RandomWorkload {
    private final Store store;
    private final Random random;
    private final List<RoomId> rooms;
    private final List<Endpoint> peers;
    private Instant now = StoreFixtures.NOW;

    public RandomWorkload(Store store, Random random, List<RoomId> rooms, List<Endpoint> peers) {
        this.store = store;
        this.random = random;
        this.rooms = List.copyOf(rooms);
        this.peers = List.copyOf(peers);
    }

    /** Makes this many attempts; returns how many changed the store. */
    public int run(int attempts) {
        int changes = 0;
        for (int i = 0; i < attempts; i++) {
            now = now.plusMillis(random.nextInt(3));
            changes += attempt() ? 1 : 0;
        }
        return changes;
    }

    private boolean attempt() {
        return switch (random.nextInt(8)) {
            case 0 -> store.createRoom(room()) instanceof Outcome.Done<RoomState>;
            case 1 -> changeUser();
            case 2, 3 -> change(this::remove);
            case 4, 5 -> change(this::rekey);
            default -> change(this::invite);
        };
    }

    private NewRoom room() {
        Subject subject = new Subject("subject." + random.nextInt(rooms.size()));
        return newRoom(
                one(rooms),
                subject,
                random.nextInt(4) == 0 ? StoreFixtures.OPEN : StoreFixtures.ENCRYPTED,
                one(peers),
                now);
    }

    private boolean changeUser() {
        Endpoint peer = one(peers);
        if (random.nextBoolean()) {
            return store.revokeUser(peer, now) instanceof Outcome.Done;
        }
        return store.addUser(random.nextBoolean() ? StoreFixtures.admin(peer) : StoreFixtures.member(peer))
                instanceof Outcome.Done;
    }

    private boolean change(Decision decision) {
        Optional<RoomState> state = store.findRoom(one(rooms));
        if (state.isEmpty()) {
            return false;
        }
        return decision.on(state.get()) instanceof Outcome.Done<RoomChange> change
                && store.commit(change.value()).isPresent();
    }

    private Outcome<RoomChange> remove(RoomState state) {
        return state.remove(one(peers), now);
    }

    private Outcome<RoomChange> invite(RoomState state) {
        Optional<SealedKey> key =
                state.room().policy().encrypted() ? Optional.of(sealed("key " + random.nextInt())) : Optional.empty();
        MemberRole role = random.nextInt(3) == 0 ? MemberRole.OWNER : MemberRole.MEMBER;
        return state.invite(new InviteRequest(one(peers), role, state.room().epoch(), key), now);
    }

    private Outcome<RoomChange> rekey(RoomState state) {
        List<Endpoint> remove = random.nextBoolean() ? List.of() : List.of(one(peers));
        Map<Endpoint, SealedKey> keys =
                keysBy("rekey " + random.nextInt(), state.members().keySet());
        keys.keySet().removeAll(remove);
        return state.rekey(new RekeyRequest(state.room().epoch().next(), keys, remove), now);
    }

    private <T> T one(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private interface Decision {
        Outcome<RoomChange> on(RoomState state);
    }
}
