package io.unibus.store;

import static io.unibus.store.StoreFixtures.NOW;
import static io.unibus.store.StoreFixtures.done;
import static io.unibus.store.StoreFixtures.encryptedRoom;
import static io.unibus.store.StoreFixtures.endpoint;
import static io.unibus.store.StoreFixtures.invitation;
import static io.unibus.store.StoreFixtures.keysBy;
import static io.unibus.store.StoreFixtures.openRoom;
import static io.unibus.store.StoreFixtures.refusal;
import static io.unibus.store.StoreFixtures.rekey;
import static io.unibus.store.StoreFixtures.sealed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.InviteRequest;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RekeyRequest;
import io.unibus.protocol.RoomId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RoomStateTest {
    private static final Endpoint ALICE = endpoint(1);
    private static final Endpoint BOB = endpoint(2);
    private static final Endpoint CAROL = endpoint(3);
    private static final RoomId ROOM = new RoomId("room-1");
    private static final Epoch SECOND = Epoch.FIRST.next();
    private static final Instant LATER = NOW.plusSeconds(1);

    private final RoomState encrypted = first(encryptedRoom(ROOM, ALICE));
    private final RoomState open = first(openRoom(ROOM, ALICE));
    private final RoomState shared = with(encrypted, BOB, MemberRole.MEMBER);

    // Invitations

    @Test
    void inviteAddsAMemberWithItsKeyAndChangesNothingElse() {
        RoomChange change = done(encrypted.invite(invite(BOB, 1, true), LATER));
        assertThat(change.joining()).containsExactly(new Member(BOB, MemberRole.MEMBER, LATER));
        assertThat(change.leaving()).isEmpty();
        assertThat(change.keys()).containsOnly(Map.entry(BOB, sealed("key")));
        assertThat(change.isRekey()).isFalse();
        assertThat(change.room().epoch()).isEqualTo(Epoch.FIRST);
        assertThat(change.room().owner()).isEqualTo(ALICE);
        assertThat(change.room().createdAt()).isEqualTo(NOW);
        assertThat(change.room().updatedAt()).isEqualTo(LATER);
    }

    @Test
    void inviteIsRefusedForAnotherEpoch() {
        assertThat(refusal(encrypted.invite(invite(BOB, 2, true), LATER)))
                .isEqualTo(new Rejection.EpochConflict(Epoch.FIRST));
    }

    @Test
    void inviteIsRefusedForAMember() {
        assertThat(refusal(shared.invite(invite(BOB, 1, true), LATER))).isEqualTo(new Rejection.MemberExists(BOB));
        assertThat(refusal(shared.invite(invite(ALICE, 1, true), LATER))).isEqualTo(new Rejection.MemberExists(ALICE));
    }

    @Test
    void inviteIsRefusedWhileARekeyIsRequired() {
        RoomState left = done(shared.remove(BOB, LATER)).after(3);
        assertThat(refusal(left.invite(invite(CAROL, 1, true), LATER))).isEqualTo(new Rejection.RekeyRequired(ROOM));
    }

    @Test
    void inviteIsRefusedWhenTheRoomIsFull() {
        List<Member> members = new ArrayList<>(List.of(new Member(ALICE, MemberRole.OWNER, NOW)));
        for (int i = 1_000; members.size() < RoomState.MAX_MEMBERS - 1; i++) {
            members.add(new Member(StoreFixtures.endpoint(i), MemberRole.MEMBER, NOW));
        }
        RoomState almost = RoomState.of(open.room(), 1, members);
        RoomState full = done(almost.invite(invite(BOB, 1, false), LATER)).after(2);
        assertThat(full.members()).hasSize(6_000);
        assertThat(refusal(full.invite(invite(CAROL, 1, false), LATER))).isEqualTo(new Rejection.RoomFull(ROOM));
        assertThat(refusal(full.invite(invite(BOB, 1, false), LATER))).isEqualTo(new Rejection.MemberExists(BOB));
        RoomState left = done(full.remove(BOB, LATER)).after(3);
        assertThat(done(left.invite(invite(CAROL, 1, false), LATER)).joining()).hasSize(1);
    }

    @Test
    void inviteNeedsAKeyExactlyWhenTheRoomIsEncrypted() {
        assertThat(refusal(encrypted.invite(invite(BOB, 1, false), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(set(BOB), set()));
        assertThat(refusal(open.invite(invite(BOB, 1, true), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(set(), set(BOB)));
        assertThat(done(open.invite(invite(BOB, 1, false), LATER)).keys()).isEmpty();
    }

    // Removals

    @Test
    void removalRequiresARekeyInAnEncryptedRoomOnly() {
        RoomChange change = done(shared.remove(BOB, LATER));
        assertThat(change.room().rekeyRequired()).isTrue();
        assertThat(change.leaving()).containsExactly(BOB);
        assertThat(change.keys()).isEmpty();
        assertThat(change.room().epoch()).isEqualTo(Epoch.FIRST);
        RoomState openShared = with(open, BOB, MemberRole.MEMBER);
        assertThat(done(openShared.remove(BOB, LATER)).room().rekeyRequired()).isFalse();
    }

    @Test
    void removalIsRefusedForWhoIsNotAMember() {
        assertThat(refusal(shared.remove(CAROL, LATER))).isEqualTo(new Rejection.MemberNotFound(CAROL));
    }

    @Test
    void removalIsRefusedForTheLastOwnerAlthoughMembersRemain() {
        assertThat(refusal(shared.remove(ALICE, LATER))).isEqualTo(new Rejection.LastOwner(ALICE));
        assertThat(refusal(encrypted.remove(ALICE, LATER))).isEqualTo(new Rejection.LastOwner(ALICE));
    }

    @Test
    void secondRemovalKeepsTheRekeyRequired() {
        RoomState three = with(shared, CAROL, MemberRole.MEMBER);
        RoomState left = done(three.remove(BOB, LATER)).after(4);
        assertThat(done(left.remove(CAROL, LATER)).room().rekeyRequired()).isTrue();
    }

    @Test
    void ownershipGoesToTheOwnerOfLongestStanding() {
        RoomState state = RoomState.of(
                encrypted.room(),
                1,
                List.of(
                        new Member(ALICE, MemberRole.OWNER, NOW),
                        new Member(BOB, MemberRole.MEMBER, NOW),
                        new Member(CAROL, MemberRole.OWNER, NOW.plusSeconds(1)),
                        new Member(endpoint(4), MemberRole.OWNER, NOW.plusSeconds(2))));
        assertThat(done(state.remove(ALICE, LATER)).room().owner()).isEqualTo(CAROL);
        assertThat(done(state.remove(CAROL, LATER)).room().owner()).isEqualTo(ALICE);
        assertThat(rekey(state, "a", List.of(ALICE, CAROL), LATER).room().owner())
                .isEqualTo(endpoint(4));
    }

    @Test
    void ownersOfTheSameMomentAreOrderedByEndpoint() {
        RoomState state = RoomState.of(
                first(encryptedRoom(ROOM, CAROL)).room(),
                1,
                List.of(
                        new Member(CAROL, MemberRole.OWNER, NOW),
                        new Member(BOB, MemberRole.OWNER, NOW),
                        new Member(ALICE, MemberRole.OWNER, NOW)));
        assertThat(done(state.remove(CAROL, LATER)).room().owner()).isEqualTo(ALICE);
    }

    // Rekeys

    @Test
    void rekeyBringsTheNextEpochWithOneKeyForEachMember() {
        RoomChange change = done(shared.rekey(request(2, List.of(ALICE, BOB), List.of()), LATER));
        assertThat(change.isRekey()).isTrue();
        assertThat(change.room().epoch()).isEqualTo(SECOND);
        assertThat(change.keys()).isEqualTo(keysBy("a", List.of(ALICE, BOB)));
        assertThat(change.joining()).isEmpty();
        assertThat(change.leaving()).isEmpty();
    }

    @Test
    void rekeyEndsARequiredRekey() {
        RoomState left = done(shared.remove(BOB, LATER)).after(3);
        RoomChange change = done(left.rekey(request(2, List.of(ALICE), List.of()), LATER));
        assertThat(change.room().rekeyRequired()).isFalse();
    }

    @Test
    void rekeyNamesWhoIsMissingAndWhoIsTooMany() {
        assertThat(refusal(shared.rekey(request(2, List.of(ALICE, CAROL), List.of()), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(set(BOB), set(CAROL)));
        assertThat(refusal(shared.rekey(request(2, List.of(), List.of()), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(set(ALICE, BOB), set()));
    }

    @Test
    void rekeyCoversThoseWhoRemain() {
        assertThat(refusal(shared.rekey(request(2, List.of(ALICE, BOB), List.of(BOB)), LATER)))
                .isEqualTo(new Rejection.KeysDoNotCoverMembers(set(), set(BOB)));
        RoomChange change = done(shared.rekey(request(2, List.of(ALICE), List.of(BOB)), LATER));
        assertThat(change.leaving()).containsExactly(BOB);
        assertThat(change.after(3).members()).containsOnlyKeys(ALICE);
        assertThat(change.room().rekeyRequired()).isFalse();
    }

    @Test
    void rekeyIsRefusedForAnyEpochButTheNext() {
        for (long epoch : new long[] {1, 3, 100}) {
            assertThat(refusal(shared.rekey(request(epoch, List.of(ALICE, BOB), List.of()), LATER)))
                    .isEqualTo(new Rejection.EpochConflict(Epoch.FIRST));
        }
    }

    @Test
    void rekeyIsRefusedWhenItRemovesWhoIsNotAMember() {
        assertThat(refusal(shared.rekey(request(2, List.of(ALICE, BOB), List.of(CAROL)), LATER)))
                .isEqualTo(new Rejection.MemberNotFound(CAROL));
    }

    @Test
    void rekeyIsRefusedWhenItRemovesEveryOwner() {
        assertThat(refusal(shared.rekey(request(2, List.of(BOB), List.of(ALICE)), LATER)))
                .isEqualTo(new Rejection.LastOwner(ALICE));
    }

    @Test
    void lastOwnerNamesAnOwnerWhenARekeyRemovesMembersToo() {
        RoomState state = with(first(encryptedRoom(ROOM, CAROL)), ALICE, MemberRole.MEMBER);
        assertThat(refusal(state.rekey(request(2, List.of(), List.of(ALICE, CAROL)), LATER)))
                .isEqualTo(new Rejection.LastOwner(CAROL));
    }

    @Test
    void rekeyIsRefusedInARoomThatIsNotEncrypted() {
        assertThat(refusal(open.rekey(request(2, List.of(), List.of()), LATER)))
                .isEqualTo(new Rejection.RoomNotEncrypted(ROOM));
    }

    // Values

    @Test
    void changeAppliedToItsBasisIsTheRoomAfterwards() {
        RoomChange change = done(shared.remove(BOB, LATER));
        RoomState after = change.after(7);
        assertThat(after.revision()).isEqualTo(7);
        assertThat(after.room()).isEqualTo(change.room());
        assertThat(after.members()).containsOnlyKeys(ALICE);
        assertThat(after.member(BOB)).isEmpty();
        assertThat(after.member(ALICE)).contains(new Member(ALICE, MemberRole.OWNER, NOW));
    }

    @Test
    void statesAndChangesCannotBeModified() {
        RoomChange change = done(shared.remove(BOB, LATER));
        assertThatThrownBy(() -> shared.members().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> change.leaving().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> change.keys().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    private static RoomState first(NewRoom room) {
        return RoomState.of(room.room(), 1, List.of(room.owner()));
    }

    private static RoomState with(RoomState state, Endpoint endpoint, MemberRole role) {
        return invitation(state, endpoint, role, NOW).after(state.revision() + 1);
    }

    private static InviteRequest invite(Endpoint endpoint, long epoch, boolean withKey) {
        return new InviteRequest(
                endpoint, MemberRole.MEMBER, new Epoch(epoch), withKey ? Optional.of(sealed("key")) : Optional.empty());
    }

    private static RekeyRequest request(long epoch, List<Endpoint> keys, List<Endpoint> remove) {
        return new RekeyRequest(new Epoch(epoch), keysBy("a", keys), remove);
    }

    private static SortedSet<Endpoint> set(Endpoint... endpoints) {
        return new TreeSet<>(List.of(endpoints));
    }
}
