package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnusableException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of keys and values. */
final class RecordsTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);

    @ParameterizedTest
    @ValueSource(strings = {"a", "_", "__", "_fence", "-", "Z_9-"})
    void keysAreReadAsWrittenAndNeverBeginWithAnUnderscore(String id) {
        RoomId room = new RoomId(id);
        Epoch epoch = new Epoch(7);
        String member = Keys.member(room, ALICE);
        assertThat(Keys.parseMember(member)).isEqualTo(new Keys.OfMember(room, ALICE));
        assertThat(member).startsWith(Keys.membersOf(room));
        String sealed = Keys.sealedKey(room, epoch, "re_key", ALICE);
        assertThat(Keys.parseSealedKey(sealed)).isEqualTo(new Keys.OfSealedKey(room, epoch, "re_key", ALICE));
        String index = Keys.roomByMember(ALICE, room);
        assertThat(Keys.parseRoomByMember(index)).isEqualTo(new Keys.OfMember(room, ALICE));
        assertThat(Keys.parseRoom(Keys.room(room))).isEqualTo(room);
        assertThat(Keys.isPastEpoch(Keys.pastEpoch(room, epoch))).isTrue();
        assertThat(Keys.isPastEpoch(sealed)).isFalse();
        assertThat(List.of(member, sealed, index, Keys.room(room), Keys.pastEpoch(room, epoch)))
                .allMatch(Keys::isRecord)
                .allMatch(key -> key.matches("[-/_=.a-zA-Z0-9]+"));
    }

    @Test
    void subjectsInKeysAreReadAsWritten() {
        Subject subject = new Subject("a.B-c_d." + "x".repeat(200));
        assertThat(Keys.parseSubject(Keys.subject(subject))).isEqualTo(subject);
        assertMalformed(() -> Keys.parseSubject("subject.***"));
        assertMalformed(() -> Keys.parseSubject("subjects.YQ"));
    }

    @Test
    void roomIsReadAsWritten() {
        RoomRecord created = RoomRecord.created(encryptedRoom(new RoomId("r"), ALICE), "change-1", "rekey-1");
        assertThat(RoomValue.fromJson(created.toJson())).isEqualTo(created);
        RoomState state = RoomState.of(
                created.room(),
                5,
                List.of(new Member(ALICE, MemberRole.OWNER, NOW), new Member(BOB, MemberRole.MEMBER, NOW)));
        RoomRecord after = created.after(rekey(state, "a", List.of(BOB), NOW), "change-2", "rekey-2", 9);
        assertThat(RoomValue.fromJson(after.toJson())).isEqualTo(after);
        assertThat(after.version()).isEqualTo(2);
        assertThat(after.rekey()).contains("rekey-2");
        assertThat(after.delta().left()).containsExactly(BOB);
        RoomValue calledOff = new RoomValue.CalledOff("attempt");
        assertThat(RoomValue.fromJson(calledOff.toJson())).isEqualTo(calledOff);
    }

    @Test
    void roomRemembersItsLastChanges() {
        RoomRecord record = RoomRecord.created(encryptedRoom(new RoomId("r"), ALICE), "change-1", "rekey-1");
        for (int i = 2; i <= 10; i++) {
            RoomState state = RoomState.of(record.room(), i, List.of(new Member(ALICE, MemberRole.OWNER, NOW)));
            record = record.after(rekey(state, "a", List.of(), NOW), "change-" + i, "rekey-" + i, 0);
        }
        assertThat(record.recent()).hasSize(RoomRecord.REMEMBERED);
        assertThat(record.isOf("change-2")).isFalse();
        assertThat(record.isOf("change-3")).isTrue();
        assertThat(record.isOf("change-10")).isTrue();
    }

    @Test
    void membersUsersAndReservationsAreReadAsWritten() {
        MemberRecord joined = new MemberRecord(3, Optional.of(new Member(BOB, MemberRole.OWNER, NOW)));
        assertThat(MemberRecord.fromJson(BOB, joined.toJson())).isEqualTo(joined);
        MemberRecord left = new MemberRecord(4, Optional.empty());
        assertThat(MemberRecord.fromJson(BOB, left.toJson())).isEqualTo(left);
        UserRecord user = UserRecord.added(admin(ALICE), "added");
        assertThat(UserRecord.fromJson(user.toJson())).isEqualTo(user);
        UserRecord revoked = user.revoked(NOW.plusSeconds(1), "revoked");
        assertThat(UserRecord.fromJson(revoked.toJson())).isEqualTo(revoked);
        Reservation reservation = new Reservation(new RoomId("r"), "attempt");
        assertThat(Reservation.fromJson(reservation.toJson())).isEqualTo(reservation);
    }

    @Test
    void newerFormsAreRefusedAndNotMisread() {
        try (InMemoryStores stores = new InMemoryStores(InMemoryBuckets.toldAtOnce())) {
            JetStreamStore store = stores.open();
            InMemoryBuckets.Client client = stores.buckets().client();
            RoomId room = new RoomId("r");
            done(store.createRoom(encryptedRoom(room, ALICE)));
            done(store.createRoom(encryptedRoom(new RoomId("other"), BOB)));
            done(store.addUser(admin(ALICE)));
            byte[] newer = "{\"version\":3,\"colour\":\"red\"}".getBytes(StandardCharsets.UTF_8);

            put(client, Bucket.MEMBERS, Keys.member(room, BOB), newer);
            assertUnusable(() -> store.findRoom(room));
            assertUnusable(() -> store.roomsOf(ALICE));
            assertThat(store.findRoom(new RoomId("other"))).isPresent();
            put(client, Bucket.ROOMS, Keys.room(room), newer);
            assertUnusable(() -> store.findRoom(room));
            assertUnusable(() -> store.createRoom(encryptedRoom(room, BOB)));
            assertUnusable(() -> store.findKey(room, Epoch.FIRST, ALICE));
            put(client, Bucket.USERS, Keys.user(BOB), newer);
            assertUnusable(store::users);
            assertUnusable(() -> store.findUser(BOB));
            assertUnusable(() -> store.addUser(admin(BOB)));
            assertThat(store.findUser(ALICE)).contains(admin(ALICE));
            assertThat(store.hasAdmin()).isTrue();
        }
    }

    private static void put(InMemoryBuckets.Client client, Bucket bucket, String key, byte[] value) {
        assertThat(client.put(bucket, key, value, Expectation.NOTHING).join()).isPresent();
    }

    private static void assertUnusable(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(StoreUnusableException.class).hasMessageContaining("cannot be read");
    }

    private static void assertMalformed(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(MalformedException.class);
    }
}
