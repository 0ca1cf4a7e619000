package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
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
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
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
        RoomRecord created = RoomRecord.created(encryptedRoom(new RoomId("r"), ALICE), "change-1", "set-1")
                .at(5);
        assertThat(read(created)).isEqualTo(created);
        assertThat(created.keySets()).contains(KeySets.of("set-1"));
        RoomState state = created.state();
        RoomRecord invited = created.after(
                        invitation(state, BOB, MemberRole.MEMBER, NOW),
                        "change-2",
                        created.keySets().map(sets -> sets.with(Map.of(BOB, "set-2"))))
                .at(6);
        assertThat(read(invited)).isEqualTo(invited);
        assertThat(invited.keySets().orElseThrow().nameFor(BOB)).isEqualTo("set-2");
        RoomRecord left = invited.after(done(invited.state().remove(BOB, NOW)), "change-3", invited.keySets())
                .at(7);
        assertThat(read(left)).isEqualTo(left);
        assertThat(left.keySets().orElseThrow().nameFor(BOB))
                .as("whoever left keeps the key of the epoch")
                .isEqualTo("set-2");
        RoomRecord rekeyed = left.after(
                        rekey(left.state(), "a", List.of(), NOW), "change-4", Optional.of(KeySets.of("set-3")))
                .at(8);
        assertThat(read(rekeyed)).isEqualTo(rekeyed);
        assertThat(rekeyed.version()).isEqualTo(4);
    }

    private static RoomRecord read(RoomRecord record) {
        return RoomRecord.fromJson(record.toVerifiedJson(), record.revision(), UnaryOperator.identity());
    }

    @Test
    void memberTakesLittleMoreThanItsKey() {
        Member member = new Member(ALICE, MemberRole.OWNER, NOW);
        MemberLine line = new MemberLine(member, Optional.empty());
        assertThat(MemberLine.parse(line.text(), UnaryOperator.identity())).isEqualTo(line);
        assertThat(line.text()).hasSize(52);
        MemberLine joiner = new MemberLine(new Member(BOB, MemberRole.MEMBER, NOW), Optional.of("a-set_01"));
        assertThat(MemberLine.parse(joiner.text(), UnaryOperator.identity())).isEqualTo(joiner);
        assertThat(joiner.text()).hasSize(61);
        String text = line.text();
        assertMalformed(() -> MemberLine.parse(text.substring(0, 43), UnaryOperator.identity()));
        assertMalformed(() -> MemberLine.parse(text.replaceAll("o(........)$", "x$1"), UnaryOperator.identity()));
        assertMalformed(() -> MemberLine.parse("?" + text.substring(1), UnaryOperator.identity()));
        assertMalformed(() -> MemberLine.parse(text + "zzzzzzzzz", UnaryOperator.identity()));
    }

    @Test
    void recordThatNoNodeCouldReadIsNotWritten() {
        assertThat(roomOf(RoomRecord.MOST_MEMBERS).toVerifiedJson()).hasSizeLessThan(1_000_000);
        assertThatThrownBy(() -> roomOf(19_000).toVerifiedJson())
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining("was not written")
                .hasMessageContaining("19000 members");
    }

    @Test
    void largestRoomOfInvitedMembersFitsIntoARecord() {
        RoomRecord full = roomOf(RoomState.MAX_MEMBERS);
        Map<Endpoint, String> joiners = new TreeMap<>();
        full.state().members().keySet().forEach(endpoint -> joiners.put(endpoint, "12345678"));
        RoomRecord invited = new RoomRecord(
                full.state(),
                full.version(),
                full.recent(),
                Optional.of(KeySets.of("the-set").with(joiners)));
        assertThat(invited.toVerifiedJson()).hasSizeLessThan(RoomState.MAX_MEMBERS * 65 + 1_000);
    }

    private static RoomRecord roomOf(int members) {
        RoomRecord room = RoomRecord.created(encryptedRoom(new RoomId("r"), ALICE), "change-1", "set-1");
        List<Member> all = IntStream.range(0, members)
                .mapToObj(i -> new Member(endpoint(i), MemberRole.MEMBER, NOW))
                .toList();
        return room.replaced(room.room(), all, "change-2", room.keySets());
    }

    @Test
    void roomRemembersItsLastChanges() {
        RoomRecord record = RoomRecord.created(encryptedRoom(new RoomId("r"), ALICE), "change-1", "set-1");
        for (int i = 2; i <= 10; i++) {
            record = record.after(
                    rekey(record.state(), "a", List.of(), NOW), "change-" + i, Optional.of(KeySets.of("set-" + i)));
        }
        assertThat(record.recent()).hasSize(RoomRecord.REMEMBERED);
        assertThat(record.isOf("change-2")).isFalse();
        assertThat(record.isOf("change-3")).isTrue();
        assertThat(record.isOf("change-10")).isTrue();
    }

    @Test
    void recordOfAnEarlierFormIsNotMisread() {
        byte[] earlier = ("{\"room\":{\"room_id\":\"r\",\"subject\":\"s\",\"epoch\":1,\"policy\":{\"encrypted\":false},"
                        + "\"owner\":\"" + ALICE
                        + "\",\"rekey_required\":false,\"created_at\":\"2026-11-21T00:00:00Z\","
                        + "\"updated_at\":\"2026-11-21T00:00:00Z\"},\"version\":1,\"recent\":[],\"members_seq\":0,"
                        + "\"joined\":[],\"left\":[]}")
                .getBytes(StandardCharsets.UTF_8);
        assertMalformed(() -> RoomRecord.fromJson(earlier, 1, UnaryOperator.identity()));
    }

    @Test
    void membershipsUsersReservationsAndPastEpochsAreReadAsWritten() {
        Member member = new Member(BOB, MemberRole.OWNER, NOW);
        assertThat(MembershipRecord.fromJson(BOB, MembershipRecord.toJson(member)))
                .isEqualTo(member);
        UserRecord user = UserRecord.added(admin(ALICE), "added");
        assertThat(UserRecord.fromJson(user.toJson())).isEqualTo(user);
        UserRecord revoked = user.revoked(NOW.plusSeconds(1), "revoked");
        assertThat(UserRecord.fromJson(revoked.toJson())).isEqualTo(revoked);
        Reservation reservation = new Reservation(new RoomId("r"));
        assertThat(Reservation.fromJson(reservation.toJson())).isEqualTo(reservation);
        PastEpoch past = new PastEpoch(KeySets.of("set").with(Map.of(BOB, "joiner")), 7);
        assertThat(PastEpoch.fromJson(past.toJson())).isEqualTo(past);
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
            assertThat(store.findRoom(room)).as("a projection decides nothing").isPresent();
            put(client, Bucket.ROOMS, Keys.room(room), newer);
            assertUnusable(() -> store.findRoom(room));
            assertUnusable(() -> store.roomsOf(ALICE));
            assertThat(store.findRoom(new RoomId("other"))).isPresent();
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
