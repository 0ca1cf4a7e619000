package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.OPEN;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.newRoom;
import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.AccessListener;
import io.unibus.store.AccessRecorder;
import io.unibus.store.StoreFixtures;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the views tell of the entries that are applied to them. */
final class ViewListenersTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final RoomId ROOM = new RoomId("room-1");

    private final RoomView rooms = new RoomView();
    private final UserView users = new UserView();
    private final AccessRecorder recorder = new AccessRecorder();

    @BeforeEach
    void listen() {
        rooms.addListener(recorder);
        users.addListener(recorder);
    }

    @Test
    void roomThatComesOrGoesConcernsItsMembers() {
        applyRoom(1, "subject", ALICE, BOB);
        assertTold(ALICE, BOB);
        applyRoom(2, "subject", ALICE, BOB);
        assertTold();
        removeRoom(3);
        assertTold(ALICE, BOB);
        removeRoom(4);
        assertTold();
    }

    @Test
    void gapTellsOfEachMembershipThatIsNotAsBeforeIt() {
        applyRoom(1, "subject", ALICE, BOB);
        recorder.forget();
        applyRoom(17, "subject", ALICE, CAROL);
        assertTold(BOB, CAROL);
    }

    @Test
    void otherSubjectConcernsAllMembers() {
        applyRoom(1, "subject", ALICE, BOB);
        recorder.forget();
        applyRoom(2, "other", ALICE, BOB);
        assertTold(ALICE, BOB);
    }

    @Test
    void subjectsAndFencesConcernNobody() {
        rooms.apply(entry(1, Keys.subject(new Subject("subject")), new Reservation(ROOM).toJson()));
        rooms.apply(entry(2, "_fence.n0", new byte[0]));
        users.apply(entry(1, "_fence.n0", new byte[0]));
        assertTold();
    }

    @Test
    void recordThatCannotBeReadConcernsAnyoneUntilItCanBe() {
        byte[] unreadable = "{}".getBytes(StandardCharsets.UTF_8);
        applyRoom(1, "subject", ALICE);
        recorder.forget();
        rooms.apply(entry(2, Keys.room(ROOM), unreadable));
        assertThat(recorder.any()).isEqualTo(1);
        applyRoom(3, "subject", ALICE);
        assertThat(recorder.any()).isEqualTo(2);
        users.apply(entry(1, Keys.user(ALICE), unreadable));
        assertThat(recorder.any()).isEqualTo(3);
        recorder.forget();
        applyUser(2, ALICE);
        assertTold(ALICE);
    }

    @Test
    void everyWriteOfAUserConcernsThatUser() {
        applyUser(1, ALICE);
        assertTold(ALICE);
        applyUser(9, BOB);
        assertTold(BOB);
        users.apply(new Entry(Keys.user(BOB), new byte[0], 10, true, Instant.EPOCH));
        assertTold(BOB);
    }

    @Test
    void viewThatIsBuiltAnewConcernsAnyone() {
        rooms.clear();
        assertThat(recorder.any()).isEqualTo(1);
        users.clear();
        assertThat(recorder.any()).isEqualTo(2);
    }

    @Test
    void viewShowsWhatItTellsOfAndIsNotLocked() {
        AccessListener reader = new AccessListener() {
            @Override
            public void accessMayHaveChanged(Endpoint endpoint) {
                int found = CompletableFuture.supplyAsync(
                                () -> rooms.roomsOf(endpoint).size())
                        .join();
                assertThat(found).isEqualTo(1);
                recorder.anyAccessMayHaveChanged();
            }

            @Override
            public void anyAccessMayHaveChanged() {}
        };
        rooms.addListener(reader);
        applyRoom(1, "subject", ALICE);
        assertThat(recorder.any()).isEqualTo(1);
    }

    private void assertTold(Endpoint... expected) {
        assertThat(recorder.endpoints()).containsExactlyInAnyOrder(expected);
        assertThat(recorder.any()).isZero();
        recorder.forget();
    }

    private void applyUser(long revision, Endpoint endpoint) {
        users.apply(entry(
                revision,
                Keys.user(endpoint),
                UserRecord.added(admin(endpoint), "change-" + revision).toJson()));
    }

    private void applyRoom(long revision, String subject, Endpoint owner, Endpoint... others) {
        RoomRecord created = RoomRecord.created(
                newRoom(ROOM, new Subject(subject), OPEN, owner, StoreFixtures.NOW), "change-" + revision, "set");
        List<Member> members = Stream.concat(
                        created.state().members().values().stream(),
                        Stream.of(others).map(other -> new Member(other, MemberRole.MEMBER, StoreFixtures.NOW)))
                .toList();
        RoomRecord record = created.replaced(created.room(), members, "more-" + revision, Optional.empty());
        rooms.apply(entry(revision, Keys.room(ROOM), record.toVerifiedJson()));
    }

    private void removeRoom(long revision) {
        rooms.apply(new Entry(Keys.room(ROOM), new byte[0], revision, true, Instant.EPOCH));
    }

    private static Entry entry(long revision, String key, byte[] value) {
        return new Entry(key, value, revision, false, Instant.EPOCH);
    }
}
