package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.OPEN;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.newRoom;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeRecorder;
import io.unibus.store.ChangeSource;
import io.unibus.store.StoreChange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Which changes the views make of the entries that are applied to them, whether they are filled, repaired or built anew. */
final class ViewChangesTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final RoomId ONE = new RoomId("one");
    private static final RoomId TWO = new RoomId("two");
    private static final Member OWNER = new Member(ALICE, MemberRole.OWNER, NOW);
    private static final Member BOB_IN = new Member(BOB, MemberRole.MEMBER, NOW);
    private static final Member CAROL_IN = new Member(CAROL, MemberRole.MEMBER, NOW);

    private final RoomView rooms = new RoomView();
    private final UserView users = new UserView();
    private final ChangeRecorder recorder = new ChangeRecorder();

    @Test
    void everyKindOfChangeOfARoomIsTold() {
        listenFilled();
        applyRoom(1, ONE, 1, OWNER);
        applyRoom(2, ONE, 2, OWNER, BOB_IN);
        applyRoom(3, ONE, 3, OWNER, new Member(BOB, MemberRole.OWNER, NOW));
        rooms.apply(room(4, ONE, "other.subject", 2, 4, List.of(OWNER, CAROL_IN)));
        rooms.apply(room(5, ONE, "other.subject", 2, 4, List.of(OWNER, CAROL_IN)));
        remove(rooms, 6, Keys.room(ONE));
        remove(rooms, 7, Keys.room(ONE));
        remove(rooms, 8, Keys.room(TWO));
        recorder.awaitRooms(
                "room-created one 1",
                "member-added one 1 owner",
                "member-added one 2 member",
                "member-role-changed one 2 owner",
                "room-rekeyed one 2",
                "room-changed one",
                "member-removed one 2",
                "member-added one 3 member",
                "member-removed one 1",
                "member-removed one 3",
                "room-deleted one");
        assertThat(recorder.changes())
                .extracting(StoreChange::revision)
                .containsExactly(1L, 1L, 2L, 3L, 4L, 4L, 4L, 4L, 6L, 6L, 6L);
        assertThat(recorder.changes()).extracting(StoreChange::source).containsOnly(ChangeSource.ROOMS);
    }

    @Test
    void everyKindOfChangeOfAUserIsTold() {
        listenFilled();
        User bob = member(BOB);
        applyUser(1, bob);
        applyUser(2, bob);
        applyUser(3, new User(BOB, new Handle("other"), UserRole.ADMIN, bob.status(), NOW, NOW));
        applyUser(4, bob.revoked(NOW));
        applyUser(5, bob);
        remove(users, 6, Keys.user(BOB));
        remove(users, 7, Keys.user(CAROL));
        applyUser(8, admin(CAROL).revoked(NOW));
        recorder.awaitUsers(
                "user-added 2 member",
                "user-changed 2 admin",
                "user-changed 2 member",
                "user-revoked 2",
                "user-changed 2 member",
                "user-removed 2",
                "user-added 3 admin",
                "user-revoked 3");
    }

    @Test
    void firstFillingIsSilentWithoutAPosition() {
        rooms.clear();
        rooms.addChangeListener(recorder, OptionalLong.empty());
        applyRoom(7, ONE, 1, OWNER);
        assertThat(recorder.starts()).isEmpty();
        applyRoom(9, TWO, 1, OWNER);
        rooms.filled();
        assertThat(recorder.starts()).isEqualTo(Map.of(ChangeSource.ROOMS, 9L));
        applyRoom(10, ONE, 2, OWNER, BOB_IN);
        recorder.awaitRooms("member-added one 2 member");
    }

    @Test
    void firstFillingTellsWhatIsBeyondThePosition() {
        rooms.clear();
        ChangeRecorder recorder = listenAfter(7);
        applyRoom(7, ONE, 1, OWNER);
        applyRoom(8, TWO, 3, OWNER);
        applyRoom(9, new RoomId("three"), 1, OWNER);
        remove(rooms, 10, Keys.room(new RoomId("four")));
        applyRoom(11, TWO, 4, OWNER, BOB_IN);
        rooms.filled();
        applyRoom(12, ONE, 2, OWNER, BOB_IN);
        recorder.awaitRooms(
                "room-found two 1",
                "room-created three 1",
                "member-added three 1 owner",
                "member-added two 2 member",
                "member-added one 2 member");
        assertThat(recorder.starts()).isEmpty();

        ChangeRecorder late = listenAfter(7);
        late.awaitRooms("room-created three 1", "member-added three 1 owner", "room-found two 1", "room-found one 1");
        assertThat(recorder.changes()).as("told to the one that is new only").hasSize(5);
    }

    @Test
    void firstFillingOfUsersTellsWhatIsBeyondThePosition() {
        users.clear();
        ChangeRecorder recorder = listenAfter(3);
        applyUser(3, admin(ALICE));
        applyUser(4, member(BOB));
        applyUser(5, member(CAROL).revoked(NOW.plusSeconds(1)));
        applyUser(
                6,
                new User(
                        endpoint(4),
                        new Handle("dave"),
                        UserRole.ADMIN,
                        member(BOB).status(),
                        NOW,
                        NOW.plusSeconds(1)));
        users.filled();
        recorder.awaitUsers("user-added 2 member", "user-revoked 3", "user-found 4 admin");
    }

    @Test
    void positionBeyondWhatTheBucketHoldsIsTakenBack() {
        rooms.clear();
        ChangeRecorder recorder = listenAfter(100);
        applyRoom(7, ONE, 1, OWNER);
        rooms.filled();
        assertThat(recorder.starts()).isEqualTo(Map.of(ChangeSource.ROOMS, 7L));
        applyRoom(8, ONE, 2, OWNER, BOB_IN);
        recorder.awaitRooms("member-added one 2 member");
    }

    @Test
    void gapShowsItsNetEffect() {
        listenFilled();
        applyRoom(1, ONE, 1, OWNER, BOB_IN);
        recorder.forget();
        applyRoom(17, ONE, 9, OWNER, CAROL_IN);
        recorder.awaitRooms("member-removed one 2", "member-added one 3 member");
        assertThat(recorder.changes()).extracting(StoreChange::revision).containsOnly(17L);
    }

    @Test
    void viewThatIsBuiltAnewIsComparedWithWhatItHeld() {
        listenFilled();
        applyRoom(20, ONE, 1, OWNER);
        applyRoom(21, TWO, 2, OWNER, BOB_IN);
        recorder.forget();
        rooms.clear();
        assertThat(recorder.starts()).isEqualTo(Map.of(ChangeSource.ROOMS, 0L));
        applyRoom(1, ONE, 1, OWNER);
        applyRoom(2, new RoomId("three"), 5, OWNER);
        applyRoom(3, ONE, 2, OWNER, CAROL_IN);
        rooms.filled();
        rooms.filled();
        recorder.awaitRooms(
                "room-created three 1",
                "member-added three 1 owner",
                "member-added one 3 member",
                "member-removed two 1",
                "member-removed two 2",
                "room-deleted two");
        assertThat(recorder.changes()).extracting(StoreChange::revision).containsExactly(2L, 2L, 3L, 3L, 3L, 3L);
        applyRoom(4, TWO, 1, OWNER);
        assertThat(recorder.changes()).hasSize(8);
    }

    @Test
    void bucketThatIsEmptyNowHasLostEverything() {
        listenFilled();
        applyUser(20, admin(ALICE));
        recorder.forget();
        users.clear();
        users.filled();
        recorder.awaitUsers("user-removed 1");
    }

    @Test
    void recordThatCannotBeReadForATimeIsComparedWithTheOneBefore() {
        byte[] unreadable = "{}".getBytes(StandardCharsets.UTF_8);
        listenFilled();
        applyRoom(1, ONE, 1, OWNER, BOB_IN);
        applyUser(1, admin(ALICE));
        recorder.forget();
        rooms.apply(entry(2, Keys.room(ONE), unreadable));
        users.apply(entry(2, Keys.user(ALICE), unreadable));
        rooms.filled();
        users.filled();
        assertThat(recorder.changes()).isEmpty();
        applyRoom(3, ONE, 3, OWNER, CAROL_IN);
        applyUser(3, admin(ALICE));
        recorder.awaitRooms("member-removed one 2", "member-added one 3 member");
        recorder.awaitUsers();
    }

    @Test
    void recordThatWasNeverReadIsFoundWhenItCanBe() {
        rooms.clear();
        rooms.apply(entry(1, Keys.room(ONE), "{}".getBytes(StandardCharsets.UTF_8)));
        rooms.addChangeListener(recorder, OptionalLong.empty());
        rooms.filled();
        applyRoom(2, ONE, 3, OWNER, BOB_IN);
        recorder.awaitRooms("room-found one 1");
    }

    private ChangeRecorder listenAfter(long revision) {
        ChangeRecorder listening = new ChangeRecorder(
                ChangePosition.NONE.with(ChangeSource.ROOMS, revision).with(ChangeSource.USERS, revision));
        rooms.addChangeListener(listening, OptionalLong.of(revision));
        users.addChangeListener(listening, OptionalLong.of(revision));
        return listening;
    }

    private void listenFilled() {
        rooms.filled();
        users.filled();
        rooms.addChangeListener(recorder, OptionalLong.empty());
        users.addChangeListener(recorder, OptionalLong.empty());
    }

    private void applyUser(long revision, User user) {
        users.apply(
                entry(revision, Keys.user(user.endpoint()), new UserRecord(user, "added", Optional.empty()).toJson()));
    }

    private void applyRoom(long revision, RoomId id, long version, Member... members) {
        rooms.apply(room(revision, id, "subject." + id, 1, version, List.of(members)));
    }

    private static Entry room(
            long revision, RoomId id, String subject, long epoch, long version, List<Member> members) {
        Room created = newRoom(id, new Subject(subject), OPEN, ALICE, NOW).room();
        Room room = new Room(
                id, created.subject(), new Epoch(epoch), created.policy(), ALICE, false, NOW, created.updatedAt());
        RoomRecord first = RoomRecord.created(newRoom(id, new Subject(subject), OPEN, ALICE, NOW), "change", "set");
        RoomRecord replaced = first.replaced(room, members, "change-" + revision, Optional.empty());
        RoomRecord record = new RoomRecord(replaced.state(), version, replaced.recent(), replaced.keySets());
        return entry(revision, Keys.room(id), record.toVerifiedJson());
    }

    private static void remove(EntryListener view, long revision, String key) {
        view.apply(new Entry(key, new byte[0], revision, true, Instant.EPOCH));
    }

    private static Entry entry(long revision, String key, byte[] value) {
        return new Entry(key, value, revision, false, Instant.EPOCH);
    }
}
