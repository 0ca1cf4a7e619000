package io.unibus.store.snapshot;

import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.openRoom;
import static io.unibus.store.StoreFixtures.rekey;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.RandomWorkload;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreFixtures;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Control planes for tests of snapshots. */
public final class ControlPlanes {
    /** Of which some begin with others, and some with what is special in one store or the other. */
    private static final List<RoomId> ROOMS = Stream.of("a", "a-", "a-b", "A", "_", "_a", "0", "a0", "aa")
            .map(RoomId::new)
            .toList();

    private static final List<Endpoint> PEERS =
            IntStream.range(0, 9).mapToObj(StoreFixtures::endpoint).toList();
    private static final Instant LATER = StoreFixtures.NOW.plusSeconds(90);

    private ControlPlanes() {}

    /** The rooms that there may be after {@link #fillAtRandom}. */
    public static List<RoomId> rooms() {
        return ROOMS;
    }

    /** The endpoints that there may be. */
    public static List<Endpoint> peers() {
        return PEERS;
    }

    /** Two rooms, one of them rekeyed to epoch 2, with members come and gone, and a revoked user. */
    public static void fillRepresentative(Store store) {
        done(store.addUser(admin(endpoint(1))));
        done(store.addUser(member(endpoint(2))));
        done(store.addUser(member(endpoint(3))));
        done(store.revokeUser(endpoint(3), LATER));
        RoomState room = done(store.createRoom(encryptedRoom(new RoomId("team"), endpoint(1))));
        room = store.commit(invitation(room, endpoint(2), MemberRole.MEMBER, LATER))
                .orElseThrow();
        room = store.commit(invitation(room, endpoint(3), MemberRole.MEMBER, LATER))
                .orElseThrow();
        room = change(store, rekey(room, "rekey", List.of(endpoint(3)), LATER));
        change(store, invitation(room, endpoint(4), MemberRole.OWNER, LATER));
        RoomState open = done(store.createRoom(openRoom(new RoomId("lobby"), endpoint(2))));
        change(store, invitation(open, endpoint(1), MemberRole.MEMBER, LATER));
    }

    /** Whatever so many random operations lead to. */
    public static void fillAtRandom(Store store, Random random, int operations) {
        new RandomWorkload(store, random, ROOMS, PEERS).run(operations);
    }

    private static RoomState change(Store store, RoomChange change) {
        return store.commit(change).orElseThrow();
    }
}
