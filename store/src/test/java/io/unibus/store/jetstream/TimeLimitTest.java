package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was decided too long ago is not written, whether the disks were slow or the process was paused. */
final class TimeLimitTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration TIME_PER_KEY = Duration.ofMillis(2);

    private final InMemoryBuckets buckets = InMemoryBuckets.toldAtOnce();
    private final InMemoryStores stores = InMemoryStores.withoutTime(buckets);
    private final InMemoryBuckets.Client client = buckets.client();
    private final FaultyWrites writes = new FaultyWrites(client);
    private final JetStreamStore store = stores.open(client, writes);
    private final JetStreamStore other = stores.open();

    @AfterEach
    void close() {
        stores.close();
    }

    @Test
    void rekeyMayTakeAsMuchLongerAsItHasKeys() {
        RoomState state = roomOfTwo();
        pauseAtKeys(LIMIT.plus(TIME_PER_KEY.multipliedBy(2)).minusNanos(1));
        assertThat(store.commit(rekey(state, "slow", List.of(), NOW))).isPresent();
    }

    @Test
    void rekeyWhoseKeysTakeTooLongIsNotWritten() {
        RoomState state = roomOfTwo();
        pauseAtKeys(LIMIT.plus(TIME_PER_KEY.multipliedBy(2)));
        assertIsTooLate(() -> store.commit(rekey(state, "slow", List.of(), NOW)));
        assertThat(other.findRoom(ROOM)).contains(state);
        assertThat(store.commit(rekey(state, "again", List.of(), NOW))).isPresent();
    }

    @Test
    void invitationWhoseKeyTakesTooLongIsNotWritten() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        RoomChange change = invitation(state, BOB, MemberRole.MEMBER, NOW);
        pauseAt(TimeLimitTest::isSealedKey, LIMIT.plus(TIME_PER_KEY));
        assertIsTooLate(() -> store.commit(change));
        assertThat(other.findRoom(ROOM)).contains(state);
        assertThat(store.commit(change)).isPresent();
    }

    @Test
    void roomWhoseKeyTakesTooLongIsNotCreatedAndItsSubjectIsFree() {
        pauseAt(TimeLimitTest::isSealedKey, LIMIT);
        assertIsTooLate(() -> store.createRoom(encryptedRoom(ROOM, ALICE)));
        assertThat(buckets.records(Bucket.ROOMS)).isEmpty();
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
    }

    private static boolean isSealedKey(String key) {
        return key.split("\\.", -1).length == 4;
    }

    @Test
    void revocationThatIsRefusedOnceAndThenTooLateIsNotWritten() {
        done(store.addUser(admin(ALICE)));
        done(store.addUser(admin(BOB)));
        writes.plan(0, Keys.user(ALICE)::equals, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> {
            done(other.addUser(member(CAROL)));
            stores.putForward(LIMIT);
        });
        assertThatThrownBy(() -> store.revokeUser(ALICE, NOW)).isInstanceOf(StoreUnavailableException.class);
        assertThat(other.findUser(ALICE)).contains(admin(ALICE));
    }

    @Test
    void projectionThatTheBackgroundRefusesIsLeftToTheRepair() {
        JetStreamStore busy = stores.open(task -> {
            throw new RejectedExecutionException("full, says the test");
        });
        done(busy.createRoom(encryptedRoom(ROOM, ALICE)));
        assertThat(buckets.records(Bucket.MEMBERS)).isEmpty();
        busy.repair().run();
        assertThat(buckets.records(Bucket.MEMBERS)).containsOnlyKeys(Keys.member(ROOM, ALICE));
    }

    private RoomState roomOfTwo() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        return store.commit(invitation(state, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
    }

    private void pauseAtKeys(Duration time) {
        pauseAt(Keys::isPastEpoch, time);
    }

    private void pauseAt(Predicate<String> keys, Duration time) {
        writes.plan(0, keys, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> stores.putForward(time));
    }

    private static void assertIsTooLate(ThrowingCallable operation) {
        assertThatThrownBy(operation)
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("took too long; nothing was written");
    }
}
