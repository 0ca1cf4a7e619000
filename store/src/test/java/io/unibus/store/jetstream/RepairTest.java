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
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.RandomWorkload;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
    void projectionsAreMadeAnewByTheFirstRepair() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        client.delete(Bucket.MEMBERS, Keys.member(ROOM, ALICE), Expectation.NOTHING)
                .join();
        client.put(Bucket.ROOMS_BY_MEMBER, Keys.roomByMember(ALICE, ROOM), new byte[] {'?'}, Expectation.NOTHING)
                .join();
        for (Bucket bucket : List.of(Bucket.MEMBERS, Bucket.ROOMS_BY_MEMBER)) {
            String wrong = bucket == Bucket.MEMBERS ? Keys.member(ROOM, BOB) : Keys.roomByMember(BOB, ROOM);
            client.put(bucket, wrong, new byte[] {'{', '}'}, Expectation.NOTHING)
                    .join();
        }
        store.repair().run();
        Projections.assertRight(buckets, List.of(state), "after the first repair");
    }

    @Test
    void projectionsOfWhatADeadNodeChangedAreMadeByTheNextRepairOfAnother() {
        JetStreamStore dying = stores.openNeverProjecting();
        store.repair().run();
        RoomState state = done(dying.createRoom(encryptedRoom(ROOM, ALICE)));
        state = dying.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        store.repair().run();
        Projections.assertRight(buckets, List.of(state), "after joining");
        state = dying.commit(rekey(state, "a", List.of(BOB), NOW)).orElseThrow();
        store.repair().run();
        Projections.assertRight(buckets, List.of(state), "after leaving");
    }

    @Test
    void projectionsAreRightAfterTheNextRepairWhereverNodesDied() {
        Random random = new Random(System.nanoTime());
        store.repair().run();
        for (int round = 0; round < 100; round++) {
            InMemoryBuckets.Client mortal = buckets.client();
            FaultyWrites fatal = new FaultyWrites(mortal);
            JetStreamStore dying = stores.open(mortal, fatal);
            fatal.plan(
                    random.nextInt(60),
                    random.nextBoolean() ? FaultyWrites.Fault.DIE_BEFORE : FaultyWrites.Fault.DIE_AFTER);
            List<RoomId> rooms = List.of(ROOM, new RoomId("room-2"), new RoomId("room-3"));
            try {
                new RandomWorkload(dying, random, rooms, List.of(ALICE, BOB, endpoint(3), endpoint(4))).run(40);
            } catch (FaultyWrites.Died e) {
                mortal.close();
            }
            store.repair().run();
            Projections.assertRight(
                    buckets,
                    rooms.stream()
                            .flatMap(room -> store.findRoom(room).stream())
                            .toList(),
                    "round " + round);
        }
    }

    @Test
    void projectorThatIsLateLeavesWhatALaterChangeMade() {
        List<Runnable> late = new ArrayList<>();
        JetStreamStore slow = stores.open(late::add);
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        state = slow.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        state = store.commit(rekey(state, "a", List.of(BOB), NOW)).orElseThrow();
        late.forEach(Runnable::run);
        Projections.assertRight(buckets, List.of(state), "after the late one");
        state = store.commit(invitation(state, BOB, MemberRole.OWNER, NOW)).orElseThrow();
        Projections.assertRight(buckets, List.of(state), "after joining again");
    }

    @Test
    void keysOfACreationThatDiedAreClearedAwayAndTheCreationNeverComes() {
        JetStreamStore sweeper = stores.open();
        writes.plan(0, Keys.room(ROOM)::equals, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> {
            sweeper.repair().run();
            stores.putForward(InMemoryStores.GRACE);
            sweeper.repair().run();
            assertThat(buckets.records(Bucket.ROOM_KEYS)).isEmpty();
        });
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(sweeper.findRoom(ROOM)).isEmpty();
        RoomState state = done(sweeper.createRoom(encryptedRoom(ROOM, BOB)));
        assertThat(store.findKey(ROOM, state.room().epoch(), BOB)).isPresent();
    }

    @Test
    void keyOfAnInvitationThatDiedIsClearedAwayAndTheInvitationNeverComes() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        JetStreamStore sweeper = stores.open();
        writes.plan(0, Keys.room(ROOM)::equals, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> {
            sweeper.repair().run();
            stores.putForward(InMemoryStores.GRACE);
            sweeper.repair().run();
            assertThat(sealedKeys(ROOM)).isEqualTo(1);
        });
        assertThat(store.commit(invitation(state, BOB, MemberRole.MEMBER, NOW))).isEmpty();
        RoomState now = sweeper.findRoom(ROOM).orElseThrow();
        assertThat(sweeper.commit(invitation(now, BOB, MemberRole.MEMBER, NOW))).isPresent();
        assertThat(store.findKey(ROOM, now.room().epoch(), BOB)).isPresent();
    }

    @Test
    void keysOfARekeyThatComesWhileTheyAreClearedAwayStay() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        writes.plan(0, Keys.room(ROOM)::equals, FaultyWrites.Fault.DELAY);
        writes.meanwhile(client::cutOff);
        assertThatThrownBy(() -> store.commit(rekey(state, "late", List.of(), NOW)))
                .isInstanceOf(OutcomeUnknownException.class);
        InMemoryBuckets.Client access = buckets.client();
        FaultyWrites sweeping = new FaultyWrites(access);
        JetStreamStore sweeper = stores.open(access, sweeping);
        sweeper.repair().run();
        stores.putForward(InMemoryStores.GRACE);
        // Right before the write that is to keep it out.
        sweeping.plan(0, Keys.room(ROOM)::equals, FaultyWrites.Fault.STALL);
        sweeping.meanwhile(() -> assertThat(writes.deliver()).isPresent());
        sweeper.repair().run();
        assertThat(sweeper.findRoom(ROOM).orElseThrow().room().epoch()).isEqualTo(Epoch.FIRST.next());
        assertThat(sweeper.findKey(ROOM, Epoch.FIRST.next(), ALICE)).isPresent();
    }

    @Test
    void keysOfJoinersStayInAllEpochs() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        state = store.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        state = store.commit(done(state.remove(BOB, NOW))).orElseThrow();
        state = store.commit(rekey(state, "a", List.of(), NOW)).orElseThrow();
        assertThat(store.commit(invitation(state, BOB, MemberRole.MEMBER, NOW))).isPresent();
        for (int round = 0; round < 3; round++) {
            store.repair().run();
            stores.putForward(InMemoryStores.GRACE);
        }
        assertThat(sealedKeys(ROOM)).isEqualTo(4);
        assertThat(store.findKey(ROOM, Epoch.FIRST, BOB)).isPresent();
        assertThat(store.findKey(ROOM, Epoch.FIRST.next(), BOB)).isPresent();
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
    void whatCannotBeReadIsLeftOutAndTheRestIsRepaired() {
        RoomId bad = new RoomId("bad");
        RoomState other = done(store.createRoom(encryptedRoom(bad, ALICE)));
        abandonRekey(other);
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        abandonRekey(state);
        client.put(Bucket.ROOMS, Keys.room(bad), new byte[] {'?'}, Expectation.NOTHING)
                .join();
        client.delete(Bucket.ROOMS_BY_MEMBER, Keys.roomByMember(ALICE, ROOM), Expectation.NOTHING)
                .join();
        store.repair().run();
        stores.putForward(InMemoryStores.GRACE);
        store.repair().run();
        assertThat(buckets.records(Bucket.ROOMS_BY_MEMBER))
                .containsKey(Keys.roomByMember(ALICE, ROOM))
                .containsKey(Keys.roomByMember(ALICE, bad));
        assertThat(sealedKeys(ROOM)).isEqualTo(1);
        assertThat(sealedKeys(bad)).as("what may be in use is kept").isEqualTo(2);
    }

    @Test
    void whatCannotBeWrittenNowIsLeftToTheNextRepair() {
        JetStreamStore dying = stores.openNeverProjecting();
        store.repair().run();
        RoomState one = done(dying.createRoom(encryptedRoom(ROOM, ALICE)));
        RoomState two = done(dying.createRoom(encryptedRoom(new RoomId("room-2"), ALICE)));
        writes.plan(0, FaultyWrites.Fault.REFUSE);
        assertThatThrownBy(() -> store.repair().run()).isInstanceOf(StoreUnavailableException.class);
        store.repair().run();
        Projections.assertRight(buckets, List.of(one, two), "after the next repair");
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
                .filter(key -> !Keys.isPastEpoch(key))
                .filter(key -> Keys.parseSealedKey(key).room().equals(room))
                .count();
    }
}
