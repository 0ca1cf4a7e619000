package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnavailableException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What nodes that died, or were very late, left. */
final class RepairTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final RoomId ROOM = new RoomId("room-1");

    private final InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
    private final InMemoryStores stores = new InMemoryStores(buckets);
    private final InMemoryBuckets.Client client = buckets.client();
    private final FaultyWrites writes = new FaultyWrites(client);
    private final JetStreamStore store = stores.open(client, writes);

    @AfterEach
    void close() {
        stores.close();
    }

    @Test
    void indexIsPutRightAfterTheGracePeriod() {
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        store.repair().run();
        String right = Keys.roomByMember(ALICE, ROOM);
        String wrong = Keys.roomByMember(BOB, ROOM);
        client.delete(Bucket.ROOMS_BY_MEMBER, right, Expectation.NOTHING).join();
        client.put(Bucket.ROOMS_BY_MEMBER, wrong, Settling.indexEntry(1), Expectation.NOTHING)
                .join();
        store.repair().run();
        assertThat(buckets.records(Bucket.ROOMS_BY_MEMBER)).containsOnlyKeys(wrong);
        stores.putForward(InMemoryStores.GRACE);
        store.repair().run();
        assertThat(buckets.records(Bucket.ROOMS_BY_MEMBER)).containsOnlyKeys(right);
    }

    @Test
    void rekeyThatComesAfterItsKeysWereClearedAwayIsRefused() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        JetStreamStore sweeper = stores.open();
        // Between its keys and its record this node stands still for longer than the grace period.
        writes.plan(0, Keys.room(ROOM)::equals, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> {
            sweeper.repair().run();
            stores.putForward(InMemoryStores.GRACE);
            sweeper.repair().run();
        });
        assertThat(store.commit(rekey(state, "late", List.of(), NOW))).isEmpty();
        assertThat(buckets.records(Bucket.ROOM_KEYS).keySet().stream().filter(key -> !Keys.isPastEpoch(key)))
                .hasSize(1);
        RoomState now = sweeper.findRoom(ROOM).orElseThrow();
        assertThat(now.room()).isEqualTo(state.room());
        assertThat(sweeper.commit(rekey(now, "next", List.of(), NOW))).isPresent();
    }

    @Test
    void creationThatComesAfterItsSubjectWasReleasedIsMadeAnew() {
        JetStreamStore sweeper = stores.open();
        writes.plan(0, Keys.room(ROOM)::equals, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> {
            sweeper.repair().run();
            stores.putForward(InMemoryStores.GRACE);
            sweeper.repair().run();
            assertThat(buckets.records(Bucket.ROOMS)).containsOnlyKeys(Keys.room(ROOM));
        });
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .as("its time is over")
                .hasMessageContaining("called off");
        done(sweeper.createRoom(encryptedRoom(ROOM, BOB)));
    }

    @Test
    void marksOfMembersWhoLeftAreRemovedOnceTheRoomWentOn() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        state = store.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        state = store.commit(rekey(state, "a", List.of(BOB), NOW)).orElseThrow();
        String mark = Keys.member(ROOM, BOB);
        assertThat(buckets.records(Bucket.MEMBERS)).containsKey(mark);
        state = store.commit(rekey(state, "b", List.of(), NOW)).orElseThrow();
        store.repair().run();
        stores.putForward(InMemoryStores.GRACE);
        store.repair().run();
        assertThat(buckets.records(Bucket.MEMBERS)).doesNotContainKey(mark);
        assertThat(stores.open().findRoom(ROOM)).contains(state);
        assertThat(store.commit(invitation(state, BOB, MemberRole.MEMBER, NOW))).isPresent();
        assertThat(buckets.records(Bucket.MEMBERS)).containsKey(mark);
    }

    @Test
    void whatCannotBeReadIsLeftOutAndTheRestIsRepaired() {
        RoomId bad = new RoomId("bad");
        RoomState other = done(store.createRoom(encryptedRoom(bad, ALICE)));
        abandonRekey(other);
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        abandonRekey(state);
        client.put(
                        Bucket.ROOMS,
                        Keys.subject(new Subject("of-bad")),
                        new Reservation(bad, "attempt").toJson(),
                        Expectation.ABSENT)
                .join();
        client.put(
                        Bucket.ROOMS,
                        Keys.subject(new Subject("of-none")),
                        new Reservation(new RoomId("none"), "attempt").toJson(),
                        Expectation.ABSENT)
                .join();
        client.put(Bucket.ROOMS, Keys.room(bad), new byte[] {'?'}, Expectation.NOTHING)
                .join();
        client.delete(Bucket.ROOMS_BY_MEMBER, Keys.roomByMember(ALICE, ROOM), Expectation.NOTHING)
                .join();
        store.repair().run();
        stores.putForward(InMemoryStores.GRACE);
        store.repair().run();
        assertThat(buckets.records(Bucket.ROOMS))
                .containsKey(Keys.subject(new Subject("of-bad")))
                .doesNotContainKey(Keys.subject(new Subject("of-none")));
        assertThat(buckets.records(Bucket.ROOMS_BY_MEMBER)).containsKey(Keys.roomByMember(ALICE, ROOM));
        assertThat(sealedKeys(ROOM)).isEqualTo(1);
        assertThat(sealedKeys(bad)).as("what may be in use is kept").isEqualTo(2);
    }

    @Test
    void whatCannotBeWrittenNowIsLeftToTheNextRepair() {
        JetStreamStore dying = stores.openNeverSettling();
        done(dying.createRoom(encryptedRoom(ROOM, ALICE)));
        done(dying.createRoom(encryptedRoom(new RoomId("room-2"), ALICE)));
        writes.plan(0, FaultyWrites.Fault.REFUSE);
        store.repair().run();
        assertThat(buckets.records(Bucket.MEMBERS)).hasSize(1);
        store.repair().run();
        assertThat(buckets.records(Bucket.MEMBERS)).hasSize(2);
    }

    @Test
    void keysOfEpochsThatAreOverAreJudgedWithoutReadingEach() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        for (int i = 0; i < 5; i++) {
            state = store.commit(rekey(state, "rekey " + i, List.of(), NOW)).orElseThrow();
        }
        abandonRekey(state);
        state = stores.open().findRoom(ROOM).orElseThrow();
        assertThat(store.commit(rekey(state, "last", List.of(), NOW))).isPresent();
        int gets = client.gets();
        store.repair().run();
        stores.putForward(InMemoryStores.GRACE);
        store.repair().run();
        assertThat(client.gets()).isEqualTo(gets);
        assertThat(sealedKeys(ROOM)).as("all but the abandoned one").isEqualTo(7);
    }

    /** Leaves the keys of a rekey that never gets its record. */
    private void abandonRekey(RoomState state) {
        writes.plan(0, Keys.room(state.room().roomId())::equals, FaultyWrites.Fault.REFUSE);
        assertThatThrownBy(() -> store.commit(rekey(state, "abandoned", List.of(), NOW)))
                .isInstanceOf(StoreUnavailableException.class);
    }

    private long sealedKeys(RoomId room) {
        return buckets.records(Bucket.ROOM_KEYS).keySet().stream()
                .filter(key -> key.startsWith(Keys.membersOf(room)) && !Keys.isPastEpoch(key))
                .count();
    }
}
