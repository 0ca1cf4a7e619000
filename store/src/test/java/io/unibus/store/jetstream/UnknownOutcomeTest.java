package io.unibus.store.jetstream;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.OPEN;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.newRoom;
import static io.unibus.store.StoreFixtures.refusal;
import static io.unibus.store.StoreFixtures.rekey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import io.unibus.store.NewRoom;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.Rejection;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.StoreUnavailableException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that were sent and not answered: what became of them is found out by reading. */
final class UnknownOutcomeTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final String ROOM_KEY = Keys.room(ROOM);

    private final InMemoryStores stores = new InMemoryStores(InMemoryBuckets.toldAtOnce());
    private final InMemoryBuckets.Client client = stores.buckets().client();
    private final FaultyWrites writes = new FaultyWrites(client);
    private final JetStreamStore store = stores.open(client, writes);
    private final JetStreamStore other = stores.open();

    @AfterEach
    void close() {
        stores.close();
    }

    @Test
    void changeThatWasWrittenIsDone() {
        RoomChange change = invitation(room(), BOB, MemberRole.MEMBER, NOW);
        plan(ROOM_KEY, FaultyWrites.Fault.HIDE);
        RoomState state = store.commit(change).orElseThrow();
        assertThat(state).isEqualTo(change.after(state.revision()));
        assertThat(other.findRoom(ROOM)).contains(state);
    }

    @Test
    void changeThatWasWrittenAndFollowedByOthersIsDone() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.HIDE);
        writes.meanwhile(() -> otherChanges(RoomRecord.REMEMBERED - 1));
        RoomState state =
                store.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        assertThat(state.members()).containsOnlyKeys(ALICE, BOB);
        assertThat(state.revision()).isGreaterThan(before.revision());
        assertThat(store.commit(invitation(state, endpoint(99), MemberRole.MEMBER, NOW)))
                .isEmpty();
    }

    @Test
    void changeThatLostAgainstAnotherIsRefused() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> otherChanges(RoomRecord.REMEMBERED));
        assertThat(store.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)))
                .isEmpty();
        assertThat(other.findRoom(ROOM).orElseThrow().members()).doesNotContainKey(BOB);
    }

    @Test
    void changeThatLostAgainstMoreThanAreRememberedIsRefusedToo() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> otherChanges(RoomRecord.REMEMBERED + 1));
        assertThat(store.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)))
                .isEmpty();
    }

    @Test
    void changeThatIsNotAmongTheRememberedOnesAfterAGapStaysUnknown() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> {
            client.rooms().clear(); // as when the bucket is read anew
            otherChanges(RoomRecord.REMEMBERED + 1);
        });
        assertThatThrownBy(() -> store.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)))
                .isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void changeThatWasNotWrittenNeverWillBe() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        assertThatThrownBy(() -> store.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)))
                .isInstanceOf(StoreUnavailableException.class);
        RoomState now = other.findRoom(ROOM).orElseThrow();
        assertThat(now.members()).isEqualTo(before.members());
        assertThat(client.put(Bucket.ROOMS, ROOM_KEY, new byte[0], new Expectation.KeyAt(before.revision()))
                        .join())
                .as("the lost write when it comes after all")
                .isEmpty();
        assertThat(store.commit(invitation(now, BOB, MemberRole.MEMBER, NOW))).isPresent();
    }

    @Test
    void changeIsUnknownWithoutAQuorum() {
        RoomChange change = invitation(room(), BOB, MemberRole.MEMBER, NOW);
        plan(ROOM_KEY, FaultyWrites.Fault.HIDE);
        writes.meanwhile(client::cutOff);
        assertThatThrownBy(() -> store.commit(change)).isInstanceOf(OutcomeUnknownException.class);
        assertThat(other.findRoom(ROOM).orElseThrow().members()).containsKey(BOB);
    }

    @Test
    void roomThatWasWrittenIsCreated() {
        NewRoom created = encryptedRoom(ROOM, ALICE);
        plan(ROOM_KEY, FaultyWrites.Fault.HIDE);
        assertThat(other.findRoom(ROOM)).isEmpty();
        RoomState state = done(store.createRoom(created));
        assertThat(state.room()).isEqualTo(created.room());
        assertThat(other.findRoom(ROOM)).contains(state);
    }

    @Test
    void roomThatAnotherCreatedMeanwhileIsRefused() {
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> done(other.createRoom(newRoom(ROOM, new Subject("another"), OPEN, BOB, NOW))));
        assertThat(refusal(store.createRoom(encryptedRoom(ROOM, ALICE)))).isEqualTo(new Rejection.RoomExists(ROOM));
        done(other.createRoom(newRoom(new RoomId("free"), Subject.defaultFor(ROOM), OPEN, BOB, NOW)));
    }

    @Test
    void roomThatWasNotWrittenNeverWillBe() {
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(other.findRoom(ROOM)).isEmpty();
        assertThat(client.put(Bucket.ROOMS, ROOM_KEY, new byte[0], Expectation.ABSENT)
                        .join())
                .as("the lost write when it comes after all")
                .isEmpty();
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
    }

    @Test
    void roomWhoseSubjectAnotherTookMeanwhileIsRefused() {
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        Subject subject = Subject.defaultFor(ROOM);
        writes.meanwhile(() -> done(other.createRoom(newRoom(new RoomId("first"), subject, OPEN, BOB, NOW))));
        assertThat(refusal(store.createRoom(encryptedRoom(ROOM, ALICE))))
                .isEqualTo(new Rejection.SubjectTaken(subject));
        assertThat(other.findRoom(ROOM)).isEmpty();
    }

    @Test
    void subjectThatIsToldBeforeItsVeryRoomIsNotTakenByAnother() {
        byte[] reservation = new Reservation(ROOM).toJson();
        assertThat(client.put(Bucket.ROOMS, Keys.subject(Subject.defaultFor(ROOM)), reservation, Expectation.ABSENT)
                        .join())
                .isPresent();
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(refusal(store.createRoom(newRoom(new RoomId("room-2"), Subject.defaultFor(ROOM), OPEN, BOB, NOW))))
                .isEqualTo(new Rejection.SubjectTaken(Subject.defaultFor(ROOM)));
    }

    @Test
    void roomWhoseCreationWasRefusedAndTakenAllTheSameIsCreated() {
        NewRoom created = encryptedRoom(ROOM, ALICE);
        plan(ROOM_KEY, FaultyWrites.Fault.DENY);
        RoomState state = done(store.createRoom(created));
        assertThat(state.room()).isEqualTo(created.room());
        assertThat(other.findRoom(ROOM)).contains(state);
    }

    @Test
    void roomWhoseCreationWasRefusedForNothingNeverComes() {
        plan(ROOM_KEY, FaultyWrites.Fault.TURN_AWAY);
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(client.put(Bucket.ROOMS, ROOM_KEY, new byte[0], Expectation.ABSENT)
                        .join())
                .as("the refused write when it is taken after all")
                .isEmpty();
        done(other.createRoom(encryptedRoom(ROOM, ALICE)));
    }

    @Test
    void roomWhoseMarkerWasRefusedAndTakenNeverComes() {
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> plan(ROOM_KEY, FaultyWrites.Fault.DENY));
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(StoreUnavailableException.class);
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
    }

    @Test
    void roomThatWasMadeAndChangedOftenIsCreated() {
        plan(ROOM_KEY, FaultyWrites.Fault.HIDE);
        writes.meanwhile(() -> otherChanges(RoomRecord.REMEMBERED));
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        assertThat(state.members()).containsOnlyKeys(ALICE);
    }

    @Test
    void roomThatSomebodyMadeAndOthersChangedOftenIsUnknownAfterAGap() {
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> {
            client.rooms().clear(); // as when the bucket is read anew
            done(other.createRoom(encryptedRoom(ROOM, ALICE)));
            otherChanges(RoomRecord.REMEMBERED);
        });
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void changeThatWasRefusedAndTakenAllTheSameIsDone() {
        RoomChange change = rekey(room(), "mine", List.of(), NOW);
        plan(ROOM_KEY, FaultyWrites.Fault.DENY);
        RoomState state = store.commit(change).orElseThrow();
        assertThat(state).isEqualTo(change.after(state.revision()));
        assertThat(other.findRoom(ROOM)).contains(state);
        assertThat(other.findKey(ROOM, state.room().epoch(), ALICE)).isPresent();
    }

    @Test
    void changeThatWasRefusedForNothingNeverComes() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.TURN_AWAY);
        assertThatThrownBy(() -> store.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(client.put(Bucket.ROOMS, ROOM_KEY, new byte[0], new Expectation.KeyAt(before.revision()))
                        .join())
                .as("the refused write when it is taken after all")
                .isEmpty();
        RoomState now = other.findRoom(ROOM).orElseThrow();
        assertThat(store.commit(invitation(now, BOB, MemberRole.MEMBER, NOW))).isPresent();
    }

    @Test
    void changeWhoseRefusalCannotBeLookedIntoIsUnknown() {
        RoomChange change = invitation(room(), BOB, MemberRole.MEMBER, NOW);
        plan(ROOM_KEY, FaultyWrites.Fault.DENY);
        writes.meanwhile(client::cutOff);
        assertThatThrownBy(() -> store.commit(change)).isInstanceOf(OutcomeUnknownException.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"HIDE", "LOSE", "DENY", "TURN_AWAY"})
    void rekeyWhoseKeysWereNotAnsweredIsDoneAllTheSame(FaultyWrites.Fault fault) {
        RoomState before =
                store.commit(invitation(room(), BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        writes.plan(0, Keys::isPastEpoch, fault);
        RoomState state = store.commit(rekey(before, "mine", List.of(), NOW)).orElseThrow();
        for (Endpoint endpoint : List.of(ALICE, BOB)) {
            assertThat(other.findKey(ROOM, state.room().epoch(), endpoint)).isPresent();
            assertThat(other.findKey(ROOM, before.room().epoch(), endpoint)).isPresent();
        }
    }

    @Test
    void rekeyThatLostDoesNotHideTheKeysOfWhoeverJoinedAfterIt() {
        RoomState before = room();
        // It stands still before it writes where the keys of the ending epoch are, until that is no longer so.
        writes.plan(0, Keys::isPastEpoch, FaultyWrites.Fault.STALL);
        writes.meanwhile(() -> {
            RoomState invited = other.commit(invitation(before, BOB, MemberRole.MEMBER, NOW))
                    .orElseThrow();
            assertThat(other.commit(rekey(invited, "winner", List.of(), NOW))).isPresent();
        });
        assertThat(store.commit(rekey(before, "loser", List.of(), NOW))).isEmpty();
        assertThat(other.findKey(ROOM, Epoch.FIRST, BOB)).isPresent();
        assertThat(other.findKey(ROOM, Epoch.FIRST, ALICE)).isPresent();
    }

    @Test
    void rekeyThatWinsReplacesWhatALoserSaidOfTheEndingEpoch() {
        RoomState before = room();
        plan(ROOM_KEY, FaultyWrites.Fault.REFUSE);
        assertThatThrownBy(() -> store.commit(rekey(before, "loser", List.of(), NOW)))
                .isInstanceOf(StoreUnavailableException.class);
        RoomState invited =
                other.commit(invitation(before, BOB, MemberRole.MEMBER, NOW)).orElseThrow();
        assertThat(other.commit(rekey(invited, "winner", List.of(), NOW))).isPresent();
        assertThat(other.findKey(ROOM, Epoch.FIRST, BOB)).isPresent();
    }

    @Test
    void roomIsUnknownWithoutAQuorum() {
        plan(ROOM_KEY, FaultyWrites.Fault.LOSE);
        writes.meanwhile(client::cutOff);
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void subjectOfACreationThatWasNotTakenIsFreeAtOnce() {
        plan(ROOM_KEY, FaultyWrites.Fault.REFUSE);
        assertThatThrownBy(() -> store.createRoom(encryptedRoom(ROOM, ALICE)))
                .isInstanceOf(StoreUnavailableException.class);
        assertThat(stores.buckets().records(Bucket.ROOMS)).isEmpty();
        done(other.createRoom(encryptedRoom(ROOM, ALICE)));
    }

    @Test
    void userThatWasWrittenIsAdded() {
        plan(Keys.user(ALICE), FaultyWrites.Fault.HIDE);
        assertThat(done(store.addUser(member(ALICE)))).isEqualTo(member(ALICE));
        assertThat(other.findUser(ALICE)).contains(member(ALICE));
    }

    @Test
    void userThatAnotherAddedMeanwhileIsRefusedAlsoWhenItIsTheSame() {
        plan(Keys.user(ALICE), FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> done(other.addUser(member(ALICE))));
        assertThat(refusal(store.addUser(member(ALICE)))).isEqualTo(new Rejection.UserExists(ALICE));
    }

    @ParameterizedTest
    @EnumSource(names = {"DELAY", "TURN_AWAY"})
    void userWhoIsNotThereNeverComes(FaultyWrites.Fault fault) {
        plan(Keys.user(ALICE), fault);
        assertThatThrownBy(() -> store.addUser(member(ALICE))).isInstanceOf(StoreUnavailableException.class);
        assertThat(client.put(Bucket.USERS, Keys.user(ALICE), new byte[0], Expectation.ABSENT)
                        .join())
                .as("the delayed write when it comes after all")
                .isEmpty();
        assertThat(other.findUser(ALICE)).isEmpty();
        done(store.addUser(member(ALICE)));
        assertThat(other.findUser(ALICE)).contains(member(ALICE));
    }

    @Test
    void userWhoseAdditionWasRefusedAndTakenAllTheSameIsAdded() {
        plan(Keys.user(ALICE), FaultyWrites.Fault.DENY);
        assertThat(done(store.addUser(member(ALICE)))).isEqualTo(member(ALICE));
        assertThat(other.findUser(ALICE)).contains(member(ALICE));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void revocationThatWasRefusedAndTakenAllTheSameIsDone(int number) {
        users();
        Endpoint endpoint = endpoint(number);
        plan(Keys.user(endpoint), FaultyWrites.Fault.DENY);
        assertThat(done(store.revokeUser(endpoint, NOW)).isActive()).isFalse();
        assertThat(other.findUser(endpoint).orElseThrow().isActive()).isFalse();
    }

    @Test
    void revocationThatWasRefusedForNothingNeverComes() {
        users();
        plan(Keys.user(CAROL), FaultyWrites.Fault.TURN_AWAY);
        assertThatThrownBy(() -> store.revokeUser(CAROL, NOW)).isInstanceOf(StoreUnavailableException.class);
        assertThat(other.findUser(CAROL)).contains(member(CAROL));
        done(store.revokeUser(CAROL, NOW));
    }

    @Test
    void revocationOfAnAdminThatWasRefusedForNothingIsTriedAgain() {
        users();
        plan(Keys.user(ALICE), FaultyWrites.Fault.TURN_AWAY);
        done(store.revokeUser(ALICE, NOW));
        assertThat(other.findUser(ALICE)).contains(admin(ALICE).revoked(NOW));
    }

    @Test
    void userThatAnotherAddedKeepsTheDelayedOneOut() {
        plan(Keys.user(ALICE), FaultyWrites.Fault.DELAY);
        writes.meanwhile(() -> done(other.addUser(admin(ALICE))));
        assertThat(refusal(store.addUser(member(ALICE)))).isEqualTo(new Rejection.UserExists(ALICE));
        assertThat(writes.deliver()).isEmpty();
        assertThat(other.findUser(ALICE)).contains(admin(ALICE));
    }

    @Test
    void revocationThatWasWrittenIsDone() {
        users();
        plan(Keys.user(ALICE), FaultyWrites.Fault.HIDE);
        assertThat(done(store.revokeUser(ALICE, NOW))).isEqualTo(admin(ALICE).revoked(NOW));
        assertThat(other.findUser(ALICE)).contains(admin(ALICE).revoked(NOW));
    }

    @Test
    void revocationThatWasNotWrittenNeverWillBe() {
        users();
        plan(Keys.user(CAROL), FaultyWrites.Fault.DELAY);
        assertThatThrownBy(() -> store.revokeUser(CAROL, NOW)).isInstanceOf(StoreUnavailableException.class);
        assertThat(writes.deliver()).isEmpty();
        assertThat(other.findUser(CAROL)).contains(member(CAROL));
        done(store.revokeUser(CAROL, NOW));
    }

    @Test
    void revocationOfAnAdminThatWasNotWrittenNeverWillBe() {
        users();
        plan(Keys.user(ALICE), FaultyWrites.Fault.DELAY);
        assertThatThrownBy(() -> store.revokeUser(ALICE, NOW)).isInstanceOf(StoreUnavailableException.class);
        assertThat(writes.deliver()).isEmpty();
        assertThat(other.findUser(ALICE)).contains(admin(ALICE));
    }

    @Test
    void revocationThatArrivesWhileItsOutcomeIsLookedForIsDone() {
        users();
        plan(Keys.user(CAROL), FaultyWrites.Fault.DELAY);
        // Right before the write that is to keep it out.
        writes.meanwhile(() -> {
            plan(Keys.user(CAROL), FaultyWrites.Fault.STALL);
            writes.meanwhile(() -> assertThat(writes.deliver()).isPresent());
        });
        assertThat(done(store.revokeUser(CAROL, NOW))).isEqualTo(member(CAROL).revoked(NOW));
    }

    @Test
    void revocationIsUnknownWithoutAQuorum() {
        users();
        plan(Keys.user(CAROL), FaultyWrites.Fault.DELAY);
        writes.meanwhile(client::cutOff);
        assertThatThrownBy(() -> store.revokeUser(CAROL, NOW)).isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void revocationIsUnknownWhenTheWriteThatKeepsItOutIsUnknownToo() {
        users();
        plan(Keys.user(CAROL), FaultyWrites.Fault.LOSE);
        writes.meanwhile(() -> {
            plan(Keys.user(CAROL), FaultyWrites.Fault.LOSE);
            writes.meanwhile(() -> {});
        });
        assertThatThrownBy(() -> store.revokeUser(CAROL, NOW)).isInstanceOf(OutcomeUnknownException.class);
    }

    private void users() {
        done(store.addUser(admin(ALICE)));
        done(store.addUser(admin(BOB)));
        done(store.addUser(member(CAROL)));
    }

    private RoomState room() {
        return done(store.createRoom(encryptedRoom(ROOM, ALICE)));
    }

    private void plan(String key, FaultyWrites.Fault fault) {
        writes.plan(0, key::equals, fault);
    }

    private void otherChanges(int number) {
        for (int i = 0; i < number; i++) {
            RoomState state = other.findRoom(ROOM).orElseThrow();
            Optional<RoomState> after = other.commit(invitation(state, endpoint(10 + i), MemberRole.MEMBER, NOW));
            assertThat(after).isPresent();
        }
    }
}
