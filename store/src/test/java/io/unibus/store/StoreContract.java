package io.unibus.store;

import static io.unibus.store.StoreFixtures.ENCRYPTED;
import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.OPEN;
import static io.unibus.store.StoreFixtures.admin;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.keysBy;
import static io.unibus.store.StoreFixtures.member;
import static io.unibus.store.StoreFixtures.newRoom;
import static io.unibus.store.StoreFixtures.openRoom;
import static io.unibus.store.StoreFixtures.refusal;
import static io.unibus.store.StoreFixtures.rekey;
import static io.unibus.store.StoreFixtures.sealed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.protocol.UserStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} does. An implementation extends this class and says only how to open a store; each test begins
 * with an empty one that reads its own writes, and ends with a check of {@link StoreInvariants}.
 */
public abstract class StoreContract {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final Endpoint DAVE = endpoint(4);
    private static final Endpoint NOBODY = endpoint(5);
    private static final Instant LATER = NOW.plusSeconds(60);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final Epoch SECOND = Epoch.FIRST.next();
    private static final int ROUNDS = 20;
    private static final int MANY = 300;

    private static final List<RoomId> ORDERED = Stream.of("b", "a", "B", "_", "-", "aa", "a-", "a_", "0", "Z9")
            .map(RoomId::new)
            .toList();
    private static final RoomId LONGEST = new RoomId("r".repeat(64));
    private static final List<RoomId> WORKLOAD_ROOMS =
            IntStream.range(0, 4).mapToObj(i -> new RoomId("workload-" + i)).toList();
    private static final List<Endpoint> WORKLOAD_PEERS =
            IntStream.range(0, 8).mapToObj(StoreFixtures::endpoint).toList();

    private Store store;

    /** Opens the store of this test: the first call finds it empty, a later one what was left when it was closed. */
    protected abstract Store open() throws Exception;

    @BeforeEach
    final void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    final void checkInvariantsAndClose() {
        try (Store closing = store) {
            new StoreInvariants(closing, knownRooms(), knownEndpoints()).check();
        }
    }

    // Users

    @Test
    void addedUserIsFoundAsAdded() {
        User user =
                new User(ALICE, new Handle("alice@example"), UserRole.ADMIN, UserStatus.ACTIVE, NOW, NOW.plusMillis(1));
        assertThat(store.addUser(user)).isEqualTo(Outcome.done(user));
        assertThat(store.findUser(ALICE)).contains(user);
        assertThat(store.users()).containsExactly(user);
    }

    @Test
    void emptyStoreHasNoUsersAndNoAdmin() {
        assertThat(store.findUser(NOBODY)).isEmpty();
        assertThat(store.users()).isEmpty();
        assertThat(store.hasAdmin()).isFalse();
    }

    @Test
    void usersAreOrderedByEndpointAndIncludeRevokedOnes() {
        store.addUser(member(CAROL));
        store.addUser(admin(ALICE));
        store.addUser(member(BOB));
        store.revokeUser(BOB, LATER);
        assertThat(store.users()).extracting(User::endpoint).containsExactly(ALICE, BOB, CAROL);
    }

    @Test
    void handlesOfAnyScriptAreKept() {
        User user = User.active(ALICE, new Handle("Жанна.李_é+1"), UserRole.MEMBER, NOW);
        store.addUser(user);
        assertThat(store.findUser(ALICE)).contains(user);
    }

    @Test
    void addUserRefusesAnEndpointThatHasARecordAndKeepsTheRecord() {
        store.addUser(member(ALICE));
        store.addUser(member(BOB));
        User revoked = done(store.revokeUser(BOB, LATER));
        assertThat(refusal(store.addUser(admin(ALICE)))).isEqualTo(new Rejection.UserExists(ALICE));
        assertThat(refusal(store.addUser(admin(BOB)))).isEqualTo(new Rejection.UserExists(BOB));
        assertThat(store.users()).containsExactly(member(ALICE), revoked);
    }

    @Test
    void endpointsInAnyCaseAreTheSameUser() {
        Endpoint lower = Endpoint.parse(ALICE.nkey().toLowerCase(Locale.ROOT));
        store.addUser(member(lower));
        assertThat(store.findUser(ALICE)).contains(member(ALICE));
        assertThat(refusal(store.addUser(member(ALICE)))).isEqualTo(new Rejection.UserExists(ALICE));
        assertThat(done(store.revokeUser(lower, LATER)).endpoint()).isEqualTo(ALICE);
    }

    @Test
    void revokedUserStaysOnRecordWithTheTimeOfItsRevocation() {
        store.addUser(member(ALICE));
        User revoked = done(store.revokeUser(ALICE, LATER));
        assertThat(revoked).isEqualTo(member(ALICE).revoked(LATER));
        assertThat(store.findUser(ALICE)).contains(revoked);
    }

    @Test
    void revokingTwiceChangesNothing() {
        store.addUser(member(ALICE));
        User revoked = done(store.revokeUser(ALICE, LATER));
        assertThat(store.revokeUser(ALICE, LATER.plusSeconds(1))).isEqualTo(Outcome.done(revoked));
        assertThat(store.findUser(ALICE)).contains(revoked);
    }

    @Test
    void revokeRefusesAnUnknownEndpoint() {
        assertThat(refusal(store.revokeUser(NOBODY, NOW))).isEqualTo(new Rejection.UserNotFound(NOBODY));
    }

    @Test
    void onlyActiveAdminsCountAsAdmins() {
        store.addUser(member(ALICE));
        assertThat(store.hasAdmin()).isFalse();
        store.addUser(admin(BOB));
        assertThat(store.hasAdmin()).isTrue();
    }

    @Test
    void lastActiveAdminCannotBeRevoked() {
        store.addUser(admin(ALICE));
        store.addUser(admin(BOB));
        store.addUser(member(CAROL));
        done(store.revokeUser(ALICE, LATER));
        assertThat(refusal(store.revokeUser(BOB, LATER))).isEqualTo(new Rejection.LastAdmin(BOB));
        assertThat(store.findUser(BOB)).contains(admin(BOB));
        done(store.revokeUser(ALICE, LATER)); // again, although only one admin is left
        store.addUser(admin(DAVE));
        done(store.revokeUser(BOB, LATER));
    }

    @Test
    void lastTwoAdminsRevokedAtOnceLeaveOne() {
        store.addUser(admin(endpoint(0)));
        Endpoint left = endpoint(0);
        for (int round = 1; round <= ROUNDS; round++) {
            Endpoint first = left;
            Endpoint second = endpoint(round);
            store.addUser(admin(second));
            List<Outcome<User>> outcomes =
                    Race.run(List.of(() -> store.revokeUser(first, LATER), () -> store.revokeUser(second, LATER)));
            left = outcomes.get(0) instanceof Outcome.Refused<User> ? first : second;
            Endpoint gone = left.equals(first) ? second : first;
            assertThat(outcomes)
                    .containsExactlyInAnyOrder(
                            Outcome.done(admin(gone).revoked(LATER)), Outcome.refused(new Rejection.LastAdmin(left)));
        }
    }

    @Test
    void sameUserAddedAtOnceIsAddedOnce() {
        for (int round = 0; round < ROUNDS; round++) {
            User asMember = member(endpoint(round));
            User asAdmin = admin(endpoint(round));
            List<Outcome<User>> outcomes =
                    Race.run(List.of(() -> store.addUser(asMember), () -> store.addUser(asAdmin)));
            User added = outcomes.get(0) instanceof Outcome.Done<User> ? asMember : asAdmin;
            assertThat(outcomes)
                    .containsExactlyInAnyOrder(
                            Outcome.done(added), Outcome.refused(new Rejection.UserExists(endpoint(round))));
            assertThat(store.findUser(endpoint(round))).contains(added);
        }
    }

    // Rooms

    @Test
    void encryptedRoomGoesThroughItsWholeLife() {
        NewRoom created = encryptedRoom(ROOM, ALICE);
        RoomState state = done(store.createRoom(created));
        assertThat(state.room()).isEqualTo(created.room());
        assertThat(state.members().values()).containsExactly(new Member(ALICE, MemberRole.OWNER, NOW));
        assertThat(store.findKey(ROOM, state.room().epoch(), ALICE))
                .contains(new RoomKey(ROOM, Epoch.FIRST, ALICE, sealed("creator for " + ALICE)));

        state = commit(invitation(state, BOB, MemberRole.MEMBER, LATER));
        assertThat(state.members().values())
                .containsExactly(new Member(ALICE, MemberRole.OWNER, NOW), new Member(BOB, MemberRole.MEMBER, LATER));
        assertThat(state.room().updatedAt()).isEqualTo(LATER);
        assertThat(state.room().createdAt()).isEqualTo(NOW);
        assertThat(latestKey(BOB)).contains(sealed("invitation for " + BOB));
        MemberRoom seen = new MemberRoom(ROOM, Subject.defaultFor(ROOM), Epoch.FIRST, ENCRYPTED, MemberRole.MEMBER);
        assertThat(store.roomsOf(BOB)).containsExactly(seen);

        state = commit(rekey(state, "second", List.of(), LATER));
        assertThat(latestKey(ALICE)).contains(sealed("second for " + ALICE));
        assertThat(latestKey(BOB)).contains(sealed("second for " + BOB));
        assertThat(store.findKey(ROOM, Epoch.FIRST, BOB))
                .map(RoomKey::sealedKey)
                .contains(sealed("invitation for " + BOB));

        state = commit(done(state.remove(BOB, LATER.plusSeconds(1))));
        assertThat(state.room().rekeyRequired()).isTrue();
        assertThat(state.members()).containsOnlyKeys(ALICE);
        assertThat(store.roomsOf(BOB)).isEmpty();
        assertThat(latestKey(BOB)).as("what is sealed stays readable").contains(sealed("second for " + BOB));

        state = commit(rekey(state, "third", List.of(), LATER.plusSeconds(2)));
        assertThat(state.room().rekeyRequired()).isFalse();
        assertThat(state.room().epoch()).isEqualTo(new Epoch(3));
        assertThat(latestKey(BOB)).isEmpty();
        assertThat(store.findRoom(ROOM)).contains(state);
    }

    @Test
    void whatDoesNotExistIsNotFound() {
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        RoomId missing = new RoomId("missing");
        assertThat(store.findRoom(missing)).isEmpty();
        assertThat(store.findRoom(new RoomId("ROOM-1"))).as("case counts").isEmpty();
        assertThat(store.findKey(missing, Epoch.FIRST, ALICE)).isEmpty();
        assertThat(store.findKey(ROOM, SECOND, ALICE)).isEmpty();
        assertThat(store.findKey(ROOM, Epoch.FIRST, NOBODY)).isEmpty();
        assertThat(store.roomsOf(NOBODY)).isEmpty();
    }

    @Test
    void createRoomRefusesATakenSubjectAndWritesNothing() {
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        RoomId other = new RoomId("other");
        Subject taken = Subject.defaultFor(ROOM);
        assertThat(refusal(store.createRoom(newRoom(other, taken, ENCRYPTED, BOB, LATER))))
                .isEqualTo(new Rejection.SubjectTaken(taken));
        assertThat(store.findRoom(other)).isEmpty();
        assertThat(store.roomsOf(BOB)).isEmpty();
        assertThat(store.findKey(other, Epoch.FIRST, BOB)).isEmpty();
        done(store.createRoom(newRoom(other, new Subject("free"), ENCRYPTED, BOB, LATER)));
    }

    @Test
    void createRoomRefusesATakenRoomIdAndKeepsTheRoom() {
        RoomState before = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        Subject free = new Subject("free");
        assertThat(refusal(store.createRoom(newRoom(ROOM, free, OPEN, BOB, LATER))))
                .isEqualTo(new Rejection.RoomExists(ROOM));
        assertThat(store.findRoom(ROOM)).contains(before);
        assertThat(store.roomsOf(BOB)).isEmpty();
        done(store.createRoom(newRoom(new RoomId("other"), free, OPEN, BOB, LATER)));
    }

    @Test
    void createRoomNamesTheRoomIdFirstWhenBothAreTaken() {
        done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        assertThat(refusal(store.createRoom(encryptedRoom(ROOM, ALICE)))).isEqualTo(new Rejection.RoomExists(ROOM));
    }

    @Test
    void roomIdsAndSubjectsThatDifferInCaseAreDifferent() {
        done(store.createRoom(newRoom(new RoomId("other"), new Subject("chat"), OPEN, ALICE, NOW)));
        done(store.createRoom(newRoom(new RoomId("Other"), new Subject("Chat"), OPEN, ALICE, NOW)));
        assertThat(store.roomsOf(ALICE)).hasSize(2);
    }

    @Test
    void roomsOfAreOrderedByRoomId() {
        for (RoomId id : ORDERED) {
            done(store.createRoom(openRoom(id, ALICE)));
        }
        List<RoomId> ids = store.roomsOf(ALICE).stream().map(MemberRoom::roomId).toList();
        assertThat(ids).containsExactlyElementsOf(new TreeSet<>(ORDERED));
    }

    @Test
    void longestValuesAreKept() {
        Subject subject = new Subject("s".repeat(255));
        byte[] bytes = new byte[SealedKey.MAX_BYTES];
        new Random(7).nextBytes(bytes);
        RoomState state = done(store.createRoom(newRoom(LONGEST, subject, ENCRYPTED, ALICE, NOW)));
        SealedKey key = SealedKey.of(bytes);
        commit(done(state.rekey(new RekeyRequest(SECOND, Collections.singletonMap(ALICE, key), List.of()), NOW)));
        assertThat(store.findKey(LONGEST, SECOND, ALICE)).contains(new RoomKey(LONGEST, SECOND, ALICE, key));
        assertThat(store.roomsOf(ALICE)).extracting(MemberRoom::subject).containsExactly(subject);
        User user = User.active(ALICE, new Handle("h".repeat(64)), UserRole.MEMBER, NOW);
        assertThat(store.addUser(user)).isEqualTo(Outcome.done(user));
    }

    @Test
    void timesAreKeptToTheMillisecond() {
        Instant precise = Instant.parse("2026-11-21T08:50:00.123999999Z");
        Instant kept = precise.truncatedTo(ChronoUnit.MILLIS);
        User user = done(store.addUser(User.active(ALICE, new Handle("a"), UserRole.MEMBER, precise)));
        assertThat(user.createdAt()).isEqualTo(kept);
        RoomState state = done(store.createRoom(newRoom(ROOM, new Subject("s"), OPEN, ALICE, precise)));
        assertThat(state.room().createdAt()).isEqualTo(kept);
        state = commit(invitation(state, BOB, MemberRole.MEMBER, precise.plusMillis(1)));
        assertThat(state.room().updatedAt()).isEqualTo(kept.plusMillis(1));
        assertThat(state.member(BOB)).map(Member::joinedAt).contains(kept.plusMillis(1));
        User revoked = done(store.revokeUser(ALICE, precise.plusMillis(2)));
        assertThat(revoked.updatedAt()).isEqualTo(kept.plusMillis(2));
        assertThat(store.findUser(ALICE)).contains(revoked);
    }

    @Test
    void unencryptedRoomHasMembersAndNoKeys() {
        RoomState state = done(store.createRoom(openRoom(ROOM, ALICE)));
        state = commit(invitation(state, BOB, MemberRole.MEMBER, LATER));
        assertThat(latestKey(ALICE)).isEmpty();
        assertThat(latestKey(BOB)).isEmpty();
        state = commit(done(state.remove(BOB, LATER)));
        assertThat(state.room().rekeyRequired()).isFalse();
        RekeyRequest request = new RekeyRequest(SECOND, keysBy("a", List.of(ALICE)), List.of());
        assertThat(refusal(state.rekey(request, LATER))).isEqualTo(new Rejection.RoomNotEncrypted(ROOM));
        commit(invitation(state, BOB, MemberRole.OWNER, LATER));
    }

    @Test
    void rekeyIsDecidedOnExactlyTheMembersKept() {
        RoomState state = roomOf(ALICE, BOB, CAROL);
        assertThat(refusal(state.rekey(
                        new RekeyRequest(SECOND, keysBy("a", List.of(ALICE, CAROL, DAVE)), List.of()), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(setOf(BOB), setOf(DAVE)));
        assertThat(refusal(state.rekey(
                        new RekeyRequest(SECOND, keysBy("a", List.of(ALICE, BOB, CAROL)), List.of(BOB)), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(setOf(), setOf(BOB)));
        state = commit(rekey(state, "a", List.of(BOB), LATER));
        assertThat(state.members()).containsOnlyKeys(ALICE, CAROL);
        assertThat(state.room().rekeyRequired()).isFalse();
        assertThat(latestKey(BOB)).isEmpty();
        assertThat(store.roomsOf(BOB)).isEmpty();
        assertThat(store.findRoom(ROOM)).contains(state);
    }

    @Test
    void inviteIsRefusedBetweenARemovalAndItsRekey() {
        RoomState state = commit(done(roomOf(ALICE, BOB).remove(BOB, LATER)));
        InviteRequest request =
                new InviteRequest(CAROL, MemberRole.MEMBER, Epoch.FIRST, Optional.of(sealed("for carol")));
        assertThat(refusal(state.invite(request, LATER))).isEqualTo(new Rejection.RekeyRequired(ROOM));
        state = commit(rekey(state, "a", List.of(), LATER));
        commit(invitation(state, CAROL, MemberRole.MEMBER, LATER));
    }

    @Test
    void memberMayComeBackAndThenHasKeysOfBothTimes() {
        RoomState state = commit(rekey(roomOf(ALICE, BOB), "a", List.of(BOB), LATER));
        state = commit(invitation(state, BOB, MemberRole.OWNER, LATER));
        assertThat(state.members().get(BOB)).isEqualTo(new Member(BOB, MemberRole.OWNER, LATER));
        assertThat(store.findKey(ROOM, Epoch.FIRST, BOB)).isPresent();
        assertThat(store.findKey(ROOM, SECOND, BOB)).isPresent();
    }

    @Test
    void lastOwnerStays() {
        RoomState state = roomOf(ALICE, BOB);
        assertThat(refusal(state.remove(ALICE, LATER))).isEqualTo(new Rejection.LastOwner(ALICE));
        assertThat(refusal(state.remove(NOBODY, LATER))).isEqualTo(new Rejection.MemberNotFound(NOBODY));
    }

    @Test
    void roomGoesToTheOwnerOfLongestStandingWhenItsOwnerLeaves() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, CAROL)));
        state = commit(invitation(state, BOB, MemberRole.OWNER, NOW.plusMillis(1)));
        state = commit(invitation(state, DAVE, MemberRole.MEMBER, NOW));
        state = commit(invitation(state, ALICE, MemberRole.OWNER, NOW.plusMillis(2)));
        state = commit(done(state.remove(CAROL, LATER)));
        assertThat(state.room().owner()).isEqualTo(BOB);
        state = commit(rekey(state, "b", List.of(BOB), LATER));
        assertThat(state.room().owner()).isEqualTo(ALICE);
        assertThat(store.findRoom(ROOM)).contains(state);
    }

    @Test
    void revisionGrowsWithEveryChange() {
        RoomState created = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        RoomState invited = commit(invitation(created, BOB, MemberRole.MEMBER, NOW));
        RoomState rekeyed = commit(rekey(invited, "a", List.of(), NOW));
        RoomState removed = commit(done(rekeyed.remove(BOB, NOW)));
        assertThat(Stream.of(created, invited, rekeyed, removed).map(RoomState::revision))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void commitReturnsTheRoomThatIsThenFound() {
        RoomState state = roomOf(ALICE, BOB);
        RoomChange change = rekey(state, "a", List.of(BOB), LATER);
        RoomState after = commit(change);
        assertThat(after).isEqualTo(change.after(after.revision()));
        assertThat(store.findRoom(ROOM)).contains(after);
    }

    @Test
    void changeOfOneRoomLeavesTheOthersAlone() {
        RoomState other = done(store.createRoom(encryptedRoom(new RoomId("other"), ALICE)));
        commit(rekey(roomOf(ALICE, BOB), "a", List.of(BOB), LATER));
        assertThat(store.findRoom(new RoomId("other"))).contains(other);
        assertThat(store.findKey(new RoomId("other"), SECOND, ALICE)).isEmpty();
    }

    // Changes decided on one revision

    @Test
    void commitWritesNothingWhenTheRevisionIsStale() {
        RoomState basis = roomOf(ALICE, BOB);
        RoomState winner = commit(invitation(basis, CAROL, MemberRole.MEMBER, LATER));
        List<RoomChange> stale = List.of(
                rekey(basis, "stale", List.of(BOB), LATER.plusSeconds(1)),
                done(basis.remove(BOB, LATER.plusSeconds(1))),
                invitation(basis, DAVE, MemberRole.OWNER, LATER.plusSeconds(1)),
                invitation(basis, CAROL, MemberRole.OWNER, LATER.plusSeconds(1)));
        for (RoomChange change : stale) {
            assertThat(store.commit(change)).isEmpty();
            assertThat(store.findRoom(ROOM)).contains(winner);
            assertThat(store.roomsOf(BOB)).hasSize(1);
            assertThat(store.roomsOf(DAVE)).isEmpty();
            assertThat(store.findKey(ROOM, Epoch.FIRST, DAVE)).isEmpty();
            assertThat(store.findKey(ROOM, SECOND, ALICE)).isEmpty();
            assertThat(latestKey(CAROL)).contains(sealed("invitation for " + CAROL));
        }
    }

    @Test
    void commitOfTheSameChangeTwiceIsRefusedTheSecondTime() {
        RoomChange change = rekey(roomOf(ALICE, BOB), "a", List.of(), LATER);
        RoomState after = commit(change);
        assertThat(store.commit(change)).isEmpty();
        assertThat(store.findRoom(ROOM)).contains(after);
    }

    @Test
    void commitIsRefusedWhenTheRoomDoesNotExist() {
        NewRoom created = encryptedRoom(ROOM, ALICE);
        RoomState imagined = RoomState.of(created.room(), 1, List.of(created.owner()));
        assertThat(store.commit(invitation(imagined, BOB, MemberRole.MEMBER, NOW)))
                .isEmpty();
        assertThat(store.findRoom(ROOM)).isEmpty();
        assertThat(store.roomsOf(BOB)).isEmpty();
        assertThat(store.findKey(ROOM, Epoch.FIRST, BOB)).isEmpty();
    }

    @Test
    void oneOfRacingRekeysWinsWhole() {
        RoomState state = roomOf(ALICE, BOB, CAROL);
        for (int round = 0; round < ROUNDS; round++) {
            state = raceOn(rekey(state, "alice", List.of(), LATER), rekey(state, "bob", List.of(), LATER));
            String winner = latestKey(ALICE).equals(Optional.of(sealed("alice for " + ALICE))) ? "alice" : "bob";
            for (Endpoint member : state.members().keySet()) {
                assertThat(latestKey(member)).contains(sealed(winner + " for " + member));
            }
        }
        assertThat(state.room().epoch()).isEqualTo(new Epoch(1 + ROUNDS));
    }

    @Test
    void oneOfRacingInvitesWinsWhole() {
        RoomState state = roomOf(ALICE);
        for (int round = 0; round < ROUNDS; round++) {
            Endpoint first = endpoint(10 + 2 * round);
            Endpoint second = endpoint(11 + 2 * round);
            state = raceOn(
                    invitation(state, first, MemberRole.MEMBER, LATER),
                    invitation(state, second, MemberRole.MEMBER, LATER));
            Endpoint loser = state.members().containsKey(first) ? second : first;
            assertThat(latestKey(loser)).isEmpty();
            assertThat(store.roomsOf(loser)).isEmpty();
        }
        assertThat(state.members()).hasSize(1 + ROUNDS);
    }

    @Test
    void inviteOrRekeyDecidedOnOneRevisionWinsWhole() {
        RoomState state = roomOf(ALICE);
        for (int round = 0; round < ROUNDS; round++) {
            Endpoint invited = endpoint(10 + round);
            state = raceOn(
                    invitation(state, invited, MemberRole.MEMBER, LATER), rekey(state, "alice", List.of(), LATER));
            assertThat(latestKey(invited).isPresent()).isEqualTo(state.members().containsKey(invited));
            new StoreInvariants(store, List.of(ROOM), knownEndpoints()).check();
        }
    }

    @Test
    void roomsThatWantTheSameSubjectAtOnceLeaveOne() {
        for (int round = 0; round < ROUNDS; round++) {
            Subject subject = new Subject("wanted." + round);
            RoomId first = new RoomId("first-" + round);
            RoomId second = new RoomId("second-" + round);
            List<Outcome<RoomState>> outcomes = Race.run(List.of(
                    () -> store.createRoom(newRoom(first, subject, ENCRYPTED, ALICE, NOW)),
                    () -> store.createRoom(newRoom(second, subject, ENCRYPTED, BOB, NOW))));
            assertThat(outcomes).containsOnlyOnce(Outcome.refused(new Rejection.SubjectTaken(subject)));
            boolean firstWon = outcomes.get(0) instanceof Outcome.Done<RoomState>;
            assertThat(store.findRoom(first).isPresent()).isEqualTo(firstWon);
            assertThat(store.findRoom(second).isPresent()).isEqualTo(!firstWon);
        }
    }

    @Test
    void roomsThatWantTheSameIdAtOnceLeaveOne() {
        for (int round = 0; round < ROUNDS; round++) {
            RoomId id = new RoomId("first-" + round);
            NewRoom byAlice = newRoom(id, new Subject("alice." + round), ENCRYPTED, ALICE, NOW);
            NewRoom byBob = newRoom(id, new Subject("bob." + round), ENCRYPTED, BOB, NOW);
            List<Outcome<RoomState>> outcomes =
                    Race.run(List.of(() -> store.createRoom(byAlice), () -> store.createRoom(byBob)));
            assertThat(outcomes).containsOnlyOnce(Outcome.refused(new Rejection.RoomExists(id)));
            NewRoom winner = outcomes.get(0) instanceof Outcome.Done<RoomState> ? byAlice : byBob;
            assertThat(store.findRoom(id)).map(RoomState::room).contains(winner.room());
            assertThat(store.findRoom(id).orElseThrow().members())
                    .containsOnlyKeys(winner.owner().endpoint());
        }
    }

    // Listeners

    @Test
    void listenerHearsWhoseUserRecordCameOrWasRevoked() {
        AccessRecorder recorder = new AccessRecorder();
        store.addListener(recorder);
        done(store.addUser(admin(ALICE)));
        recorder.awaitOnly(ALICE);
        done(store.addUser(member(BOB)));
        recorder.awaitOnly(BOB);
        done(store.revokeUser(BOB, LATER));
        recorder.awaitOnly(BOB);
    }

    @Test
    void listenerHearsWhoBecameOrCeasedToBeAMember() {
        AccessRecorder recorder = new AccessRecorder();
        store.addListener(recorder);
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, ALICE)));
        recorder.awaitOnly(ALICE);
        state = commit(invitation(state, BOB, MemberRole.MEMBER, LATER));
        recorder.awaitOnly(BOB);
        state = commit(invitation(state, CAROL, MemberRole.OWNER, LATER));
        recorder.awaitOnly(CAROL);
        state = commit(done(state.remove(BOB, LATER)));
        recorder.awaitOnly(BOB);
        state = commit(swap(state, CAROL, DAVE));
        recorder.awaitOnly(CAROL, DAVE);
        commit(rekey(state, "last", List.of(DAVE), LATER));
        recorder.awaitOnly(DAVE);
    }

    @Test
    void everyListenerHears() {
        AccessRecorder first = new AccessRecorder();
        AccessRecorder second = new AccessRecorder();
        store.addListener(first);
        store.addListener(second);
        done(store.addUser(member(ALICE)));
        first.awaitOnly(ALICE);
        second.awaitOnly(ALICE);
    }

    @Test
    void listenerThatThrowsDoesNoHarm() {
        AccessRecorder recorder = new AccessRecorder();
        store.addListener(new AccessListener() {
            @Override
            public void accessMayHaveChanged(Endpoint endpoint) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void anyAccessMayHaveChanged() {
                throw new IllegalStateException("on purpose");
            }
        });
        store.addListener(recorder);
        done(store.addUser(member(ALICE)));
        recorder.awaitOnly(ALICE);
        RoomState state = done(store.createRoom(openRoom(ROOM, BOB)));
        recorder.awaitOnly(BOB);
        assertThat(store.findRoom(ROOM)).contains(state);
    }

    // Listeners to changes

    @Test
    void changesOfUsersAreTold() {
        ChangeRecorder recorder = listen(store, new ChangeRecorder());
        done(store.addUser(admin(ALICE)));
        done(store.addUser(member(BOB)));
        refusal(store.addUser(member(BOB)));
        done(store.revokeUser(BOB, LATER));
        done(store.revokeUser(BOB, LATER));
        refusal(store.revokeUser(ALICE, LATER));
        done(store.addUser(member(CAROL)));
        recorder.awaitUsers("user-added 1 admin", "user-added 2 member", "user-revoked 2", "user-added 3 member");
    }

    @Test
    void changesOfRoomsAndMembersAreTold() {
        ChangeRecorder recorder = listen(store, new ChangeRecorder());
        RoomState state = roomOf(ALICE, BOB);
        state = commit(invitation(state, CAROL, MemberRole.OWNER, LATER));
        state = commit(done(state.remove(BOB, LATER)));
        state = commit(swap(state, CAROL, DAVE));
        assertThat(store.commit(rekey(roomBefore(state), "stale", List.of(), LATER)))
                .isEmpty();
        refusal(store.createRoom(openRoom(ROOM, DAVE)));
        commit(rekey(state, "last", List.of(), LATER));
        recorder.awaitRooms(
                "room-created room-1 1",
                "member-added room-1 1 owner",
                "member-added room-1 2 member",
                "member-added room-1 3 owner",
                "member-removed room-1 2",
                "room-rekeyed room-1 2",
                "member-removed room-1 3",
                "member-added room-1 4 member",
                "room-rekeyed room-1 3");
    }

    @Test
    void changesThroughAnotherStoreAreTold() throws Exception {
        ChangeRecorder recorder = listen(store, new ChangeRecorder());
        try (Store other = open()) {
            done(other.addUser(admin(ALICE)));
            done(other.createRoom(openRoom(ROOM, ALICE)));
            done(store.addUser(member(BOB)));
            done(other.revokeUser(BOB, LATER));
            recorder.awaitUsers("user-added 1 admin", "user-added 2 member", "user-revoked 2");
            recorder.awaitRooms("room-created room-1 1", "member-added room-1 1 owner");
        }
    }

    @Test
    void whatIsThereAlreadyIsNotTold() throws Exception {
        done(store.addUser(admin(ALICE)));
        RoomState state = roomOf(ALICE, BOB);
        ChangeRecorder filled = listen(store, new ChangeRecorder());
        try (Store other = open()) {
            ChangeRecorder first = listen(other, new ChangeRecorder());
            done(store.addUser(member(BOB)));
            commit(invitation(state, CAROL, MemberRole.MEMBER, LATER));
            for (ChangeRecorder recorder : List.of(filled, first)) {
                recorder.awaitUsers("user-added 2 member");
                recorder.awaitRooms("member-added room-1 3 member");
                assertThat(recorder.starts()).isNotEmpty();
            }
        }
    }

    @Test
    void listenerGoesOnWhereItsLastRunEnded() throws Exception {
        ChangeRecorder before = listen(store, new ChangeRecorder());
        done(store.addUser(admin(ALICE)));
        done(store.addUser(member(BOB)));
        roomOf(ALICE, BOB);
        before.awaitUsers("user-added 1 admin", "user-added 2 member");
        before.awaitRooms("room-created room-1 1", "member-added room-1 1 owner", "member-added room-1 2 member");
        store.close();

        store = open();
        done(store.addUser(admin(CAROL)));
        done(store.revokeUser(BOB, LATER));
        done(store.createRoom(openRoom(new RoomId("other"), CAROL)));
        store.close();

        store = open();
        ChangeRecorder after = listen(store, new ChangeRecorder(before.position()));
        done(store.addUser(member(DAVE)));
        after.awaitUsers("user-added 3 admin", "user-revoked 2", "user-added 4 member");
        after.awaitRooms("room-created other 1", "member-added other 3 owner");
        assertThat(after.starts()).isEmpty();
        ChangeRecorder late = listen(store, new ChangeRecorder(before.position()));
        late.awaitUsers("user-added 3 admin", "user-revoked 2", "user-added 4 member");
        late.awaitRooms("room-created other 1", "member-added other 3 owner");
    }

    @Test
    void positionBeyondTheStoreIsTakenBack() {
        done(store.addUser(admin(ALICE)));
        done(store.createRoom(openRoom(ROOM, ALICE)));
        ChangePosition beyond = ChangePosition.NONE;
        for (ChangeSource source : ChangeSource.values()) {
            beyond = beyond.with(source, 1_000_000);
        }
        ChangeRecorder recorder = listen(store, new ChangeRecorder(beyond));
        done(store.addUser(member(BOB)));
        done(store.createRoom(openRoom(new RoomId("other"), BOB)));
        recorder.awaitUsers("user-added 2 member");
        recorder.awaitRooms("room-created other 1", "member-added other 2 owner");
        assertThat(recorder.starts()).isNotEmpty();
    }

    @Test
    void listenerToChangesThatThrowsDoesNoHarm() {
        ChangeRecorder recorder = new ChangeRecorder();
        listen(store, new ChangeListener() {
            @Override
            public void changed(StoreChange change) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void startsAfter(ChangeSource source, long revision) {
                throw new IllegalStateException("on purpose");
            }
        });
        listen(store, recorder);
        done(store.addUser(member(ALICE)));
        RoomState state = done(store.createRoom(openRoom(ROOM, BOB)));
        recorder.awaitUsers("user-added 1 member");
        recorder.awaitRooms("room-created room-1 1", "member-added room-1 2 owner");
        assertThat(store.findRoom(ROOM)).contains(state);
    }

    @Test
    void changesOfARandomWorkloadMakeUpTheStore() throws Exception {
        long seed = System.nanoTime();
        System.out.println("StoreContract: random workload for listeners with seed " + seed);
        ChangeRecorder recorder = listen(store, new ChangeRecorder());
        try (Store other = open()) {
            ChangeRecorder elsewhere = listen(other, new ChangeRecorder());
            done(store.addUser(admin(endpoint(0))));
            List<Callable<Integer>> workers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                RandomWorkload workload = new RandomWorkload(
                        i % 2 == 0 ? store : other, new Random(seed + i), WORKLOAD_ROOMS, WORKLOAD_PEERS);
                workers.add(() -> workload.run(60));
            }
            Race.run(workers);
            ChangeReplay.Content content = ChangeReplay.in(store, WORKLOAD_ROOMS);
            for (ChangeRecorder each : List.of(recorder, elsewhere)) {
                each.await(() -> ChangeReplay.of(each.changes()).equals(content));
            }
        }
    }

    // The whole store

    @Test
    void everythingIsThereAfterReopening() throws Exception {
        store.addUser(admin(ALICE));
        store.addUser(member(BOB));
        done(store.revokeUser(BOB, LATER));
        RoomState state = commit(rekey(roomOf(ALICE, BOB, CAROL), "a", List.of(BOB), LATER));
        RoomState other = done(store.createRoom(openRoom(new RoomId("other"), CAROL)));
        List<User> users = store.users();
        List<MemberRoom> rooms = store.roomsOf(CAROL);

        store.close();
        store = open();

        assertThat(store.users()).isEqualTo(users);
        assertThat(store.hasAdmin()).isTrue();
        assertThat(store.findRoom(ROOM)).contains(state);
        assertThat(store.findRoom(new RoomId("other"))).contains(other);
        assertThat(store.roomsOf(CAROL)).isEqualTo(rooms).hasSize(2);
        assertThat(latestKey(CAROL)).contains(sealed("a for " + CAROL));
        assertThat(store.findKey(ROOM, Epoch.FIRST, BOB)).isPresent();
        commit(invitation(state, DAVE, MemberRole.MEMBER, LATER));
        assertThat(store.commit(rekey(state, "stale", List.of(), LATER))).isEmpty();
    }

    @Test
    void hundredsOfMembersAreRekeyedInOneStep() {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, endpoint(0))));
        for (int i = 1; i < MANY; i++) {
            state = commit(invitation(state, endpoint(i), MemberRole.MEMBER, NOW.plusMillis(i)));
        }
        state = commit(rekey(state, "all", List.of(endpoint(1), endpoint(MANY - 1)), LATER));
        assertThat(state.members()).hasSize(MANY - 2);
        assertThat(store.findRoom(ROOM)).contains(state);
        assertThat(store.findKey(ROOM, SECOND, endpoint(MANY - 2))).isPresent();
        assertThat(store.findKey(ROOM, SECOND, endpoint(MANY - 1))).isEmpty();
    }

    @Test
    void confirmWritableChangesNothingThatIsRead() {
        RoomState state = roomOf(ALICE, BOB);
        Race.run(Collections.nCopies(8, () -> {
            store.confirmWritable();
            return true;
        }));
        assertThat(store.findRoom(ROOM)).contains(state);
        assertThat(store.users()).isEmpty();
    }

    @Test
    void closedStoreSaysSoAndMayBeClosedAgain() throws Exception {
        store.close();
        store.close();
        assertThatThrownBy(store::users).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> store.findRoom(ROOM)).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> store.addUser(member(ALICE))).isInstanceOf(StoreException.class);
        assertThatThrownBy(store::confirmWritable).isInstanceOf(StoreException.class);
        store = open();
    }

    @Test
    void readersSeeRoomAndMembersOfOneRevision() {
        RoomState start = roomOf(ALICE, BOB);
        int rounds = 2 * ROUNDS;
        Callable<Boolean> writer = () -> {
            RoomState state = start;
            for (int i = 0; i < rounds; i++) {
                // CAROL is a member in even epochs and BOB in odd ones, at every revision.
                Endpoint leaving = i % 2 == 0 ? BOB : CAROL;
                Endpoint joining = i % 2 == 0 ? CAROL : BOB;
                state = commit(swap(state, leaving, joining));
            }
            return true;
        };
        Callable<Boolean> reader = () -> {
            long epoch;
            do {
                RoomState seen = store.findRoom(ROOM).orElseThrow();
                epoch = seen.room().epoch().number();
                assertThat(seen.members()).containsOnlyKeys(ALICE, epoch % 2 == 0 ? CAROL : BOB);
            } while (epoch <= rounds);
            return true;
        };
        Race.run(List.of(writer, reader, reader));
    }

    @Test
    void randomWorkloadLeavesTheInvariantsIntact() throws Exception {
        long seed = System.nanoTime();
        System.out.println("StoreContract: random workload with seed " + seed);
        done(store.addUser(admin(endpoint(0))));
        List<Callable<Integer>> workers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            RandomWorkload workload = new RandomWorkload(store, new Random(seed + i), WORKLOAD_ROOMS, WORKLOAD_PEERS);
            workers.add(() -> workload.run(150));
        }
        int committed = Race.run(workers).stream().mapToInt(Integer::intValue).sum();
        assertThat(committed).as("changes with seed %s", seed).isPositive();
        new StoreInvariants(store, WORKLOAD_ROOMS, knownEndpoints()).check();
        store.close();
        store = open();
    }

    private static List<RoomId> knownRooms() {
        List<RoomId> rooms = new ArrayList<>(ORDERED);
        rooms.addAll(WORKLOAD_ROOMS);
        rooms.add(LONGEST);
        Stream.of(ROOM.value(), "other", "Other").map(RoomId::new).forEach(rooms::add);
        for (int round = 0; round < ROUNDS; round++) {
            rooms.add(new RoomId("first-" + round));
            rooms.add(new RoomId("second-" + round));
        }
        return rooms;
    }

    private static List<Endpoint> knownEndpoints() {
        return IntStream.range(0, MANY).mapToObj(StoreFixtures::endpoint).toList();
    }

    /** Returns when the store tells the listener of whatever is written from then on. */
    private static <T extends ChangeListener> T listen(Store store, T listener) {
        store.addChangeListener(
                listener, listener instanceof ChangeRecorder recorder ? recorder.position() : ChangePosition.NONE);
        store.hasAdmin();
        store.findRoom(ROOM);
        return listener;
    }

    /** The same room as of a revision that is gone. */
    private static RoomState roomBefore(RoomState state) {
        return RoomState.of(state.room(), state.revision() - 1, state.members().values());
    }

    private RoomState roomOf(Endpoint owner, Endpoint... members) {
        RoomState state = done(store.createRoom(encryptedRoom(ROOM, owner)));
        for (Endpoint member : members) {
            state = commit(invitation(state, member, MemberRole.MEMBER, NOW));
        }
        return state;
    }

    private RoomState commit(RoomChange change) {
        return store.commit(change).orElseThrow(() -> new AssertionError("the change was refused as stale"));
    }

    /** Commits both at once and checks that one of them won; the room afterwards. */
    private RoomState raceOn(RoomChange first, RoomChange second) {
        List<Optional<RoomState>> results = Race.run(List.of(() -> store.commit(first), () -> store.commit(second)));
        List<RoomState> winners = results.stream().flatMap(Optional::stream).toList();
        assertThat(winners).hasSize(1);
        RoomChange winner = results.get(0).isPresent() ? first : second;
        assertThat(winners.get(0)).isEqualTo(winner.after(winners.get(0).revision()));
        assertThat(store.findRoom(ROOM)).contains(winners.get(0));
        return winners.get(0);
    }

    /** A rekey in which one member goes and another comes, which no request can ask for but a store must commit whole. */
    private static RoomChange swap(RoomState state, Endpoint leaving, Endpoint joining) {
        RoomChange removal = rekey(state, "swap", List.of(leaving), LATER);
        return new RoomChange(
                state,
                removal.room(),
                Set.of(new Member(joining, MemberRole.MEMBER, LATER)),
                removal.leaving(),
                keysBy("swap", List.of(ALICE, joining)));
    }

    private Optional<SealedKey> latestKey(Endpoint endpoint) {
        Epoch latest = store.findRoom(ROOM).orElseThrow().room().epoch();
        return store.findKey(ROOM, latest, endpoint).map(RoomKey::sealedKey);
    }

    private static SortedSet<Endpoint> setOf(Endpoint... endpoints) {
        return new TreeSet<>(List.of(endpoints));
    }
}
