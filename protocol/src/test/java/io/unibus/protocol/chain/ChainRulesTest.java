package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ChainRulesTest {
    private static final TestPeer ALICE = new TestPeer("alice");
    private static final TestPeer BOB = new TestPeer("bob");
    private static final TestPeer CAROL = new TestPeer("carol");
    private static final TestPeer MALLORY = new TestPeer("mallory");
    private static final CreationNonce OTHER_NONCE = CreationNonce.of(new byte[CreationNonce.BYTES]);

    /** Alice, an owner, and Bob. */
    private final TestChain chain = TestChain.create(ALICE, "rules").invite(ALICE, BOB, MemberRole.MEMBER);

    @Test
    void creationIsAcceptedAndItsCreatorNeedsAKey() {
        RoomLink link = first();
        assertThat(ChainRules.create(link)).isInstanceOfSatisfying(LinkOutcome.Accepted.class, accepted -> {
            assertThat(accepted.keyRecipients()).containsExactly(ALICE.endpoint);
            assertThat(accepted.state().link()).isEqualTo(link);
            assertThat(accepted.state().members().values())
                    .containsExactly(
                            new ChainMember(ALICE.endpoint, MemberRole.OWNER, Optional.of(new MemberName("alice"))));
            assertThat(accepted.state().rekeyRequired()).isFalse();
        });
    }

    @Test
    void newRoomHasTheIdOfItsCreatorAndNonce() {
        EditedLink taken = new EditedLink(first()).author(MALLORY).actions(add(MALLORY, MemberRole.OWNER));
        taken.members(owner(MALLORY));
        assertRefused(LinkRefusal.ROOM_ID_OF_ANOTHER, ChainRules.create(taken.signedBy(MALLORY)));
        EditedLink otherNonce = new EditedLink(first());
        otherNonce.nonce = Optional.of(OTHER_NONCE);
        assertRefused(LinkRefusal.ROOM_ID_OF_ANOTHER, ChainRules.create(otherNonce.signedBy(ALICE)));
        EditedLink chosen = new EditedLink(first());
        chosen.room = new RoomId("team");
        assertRefused(LinkRefusal.ROOM_ID_OF_ANOTHER, ChainRules.create(chosen.signedBy(ALICE)));
    }

    @Test
    void newRoomHasItsCreatorAsOnlyMemberAndOwner() {
        EditedLink member =
                new EditedLink(first()).actions(add(ALICE, MemberRole.MEMBER)).members(member(ALICE));
        assertRefused(LinkRefusal.CREATOR_NOT_SOLE_OWNER, ChainRules.create(member.signedBy(ALICE)));
        EditedLink other =
                new EditedLink(first()).actions(add(BOB, MemberRole.OWNER)).members(owner(BOB));
        assertRefused(LinkRefusal.CREATOR_NOT_SOLE_OWNER, ChainRules.create(other.signedBy(ALICE)));
        EditedLink two = new EditedLink(first())
                .actions(add(ALICE, MemberRole.OWNER), add(BOB, MemberRole.MEMBER))
                .members(owner(ALICE), member(BOB));
        assertRefused(LinkRefusal.CREATOR_NOT_SOLE_OWNER, ChainRules.create(two.signedBy(ALICE)));
        EditedLink nobody = new EditedLink(first()).actions().members();
        assertRefused(LinkRefusal.CREATOR_NOT_SOLE_OWNER, ChainRules.create(nobody.signedBy(ALICE)));
    }

    @Test
    void firstLinkRemovesNobody() {
        EditedLink removes = new EditedLink(first()).actions(add(ALICE, MemberRole.OWNER), remove(BOB));
        assertRefused(LinkRefusal.MEMBER_NOT_FOUND, ChainRules.create(removes.signedBy(ALICE)));
    }

    @Test
    void newRoomBeginsWithEpochOne() {
        assertRefused(
                LinkRefusal.EPOCH_DOES_NOT_FOLLOW,
                ChainRules.create(new EditedLink(first()).epoch(2).signedBy(ALICE)));
    }

    @Test
    void newRoomBringsAKey() {
        EditedLink link = new EditedLink(first());
        link.keysDigest = ChainDigest.NONE;
        assertRefused(LinkRefusal.KEYS_MISSING, ChainRules.create(link.signedBy(ALICE)));
    }

    @Test
    void onlyEncryptedRoomsHaveLinks() {
        EditedLink link = new EditedLink(first());
        link.policy = new RoomPolicy(false);
        assertRefused(LinkRefusal.NOT_ENCRYPTED, ChainRules.create(link.signedBy(ALICE)));
        assertRefused(LinkRefusal.NOT_ENCRYPTED, ChainRules.adopt(link.signedBy(ALICE)));
    }

    @Test
    void laterLinkBeginsNoChain() {
        RoomLink second = chain.state().link();
        assertRefused(LinkRefusal.NUMBER_DOES_NOT_FOLLOW, ChainRules.create(second));
        assertRefused(LinkRefusal.NUMBER_DOES_NOT_FOLLOW, ChainRules.adopt(second));
    }

    @Test
    void firstLinkIsSignedByItsCreator() {
        assertRefused(LinkRefusal.SIGNATURE_WRONG, ChainRules.create(new EditedLink(first()).signedBy(MALLORY)));
    }

    @Test
    void digestOfTheFirstMembersIsRight() {
        EditedLink link = new EditedLink(first()).members(owner(ALICE), member(MALLORY));
        assertRefused(LinkRefusal.MEMBERS_DIGEST_WRONG, ChainRules.create(link.signedBy(ALICE)));
        assertRefused(LinkRefusal.MEMBERS_DIGEST_WRONG, ChainRules.adopt(link.signedBy(ALICE)));
    }

    @Test
    void roomOfAnEarlierBuildGetsItsFirstLink() {
        assertThat(ChainRules.adopt(adopted().signedBy(ALICE)))
                .isInstanceOfSatisfying(LinkOutcome.Accepted.class, accepted -> {
                    assertThat(accepted.keyRecipients()).isEmpty();
                    assertThat(accepted.state().members().values())
                            .containsExactlyInAnyOrder(owner(ALICE), owner(BOB), member(CAROL));
                    assertThat(accepted.state().epoch()).isEqualTo(new Epoch(7));
                    assertThat(accepted.state().rekeyRequired()).isFalse();
                });
        EditedLink rekeyed = adopted().epoch(8);
        assertThat(ChainRules.adopt(rekeyed.signedBy(ALICE)))
                .isInstanceOfSatisfying(
                        LinkOutcome.Accepted.class,
                        accepted -> assertThat(accepted.keyRecipients())
                                .containsExactlyInAnyOrder(ALICE.endpoint, BOB.endpoint, CAROL.endpoint));
    }

    @Test
    void roomOfAnEarlierBuildIsAdoptedByAnOwner() {
        assertRefused(
                LinkRefusal.CREATOR_NOT_SOLE_OWNER,
                ChainRules.adopt(adopted().author(CAROL).signedBy(CAROL)));
        assertRefused(
                LinkRefusal.CREATOR_NOT_SOLE_OWNER,
                ChainRules.adopt(adopted().author(MALLORY).signedBy(MALLORY)));
    }

    @Test
    void roomWithTheIdOfACreatorIsAdoptedByNobodyElse() {
        EditedLink link = adopted().author(BOB);
        link.room = chain.state().room();
        assertRefused(LinkRefusal.ROOM_ID_OF_ANOTHER, ChainRules.adopt(link.signedBy(BOB)));
    }

    @Test
    void adoptionIsNoCreation() {
        EditedLink link = adopted();
        link.epoch(1);
        assertRefused(LinkRefusal.ROOM_ID_OF_ANOTHER, ChainRules.create(link.signedBy(ALICE)));
    }

    @Test
    void invitedMemberNeedsAKey() {
        RoomLink link = chain.state().link();
        assertThat(ChainRules.next(chain.state(1), link))
                .isInstanceOfSatisfying(
                        LinkOutcome.Accepted.class,
                        accepted -> assertThat(accepted.keyRecipients()).containsExactly(BOB.endpoint));
        EditedLink without = new EditedLink(link);
        without.keysDigest = ChainDigest.NONE;
        assertRefused(LinkRefusal.KEYS_MISSING, ChainRules.next(chain.state(1), without.signedBy(ALICE)));
    }

    @Test
    void everyMemberNeedsAKeyAfterARekey() {
        chain.rekey(ALICE);
        RoomLink link = chain.state().link();
        assertThat(ChainRules.next(chain.state(2), link))
                .isInstanceOfSatisfying(
                        LinkOutcome.Accepted.class,
                        accepted -> assertThat(accepted.keyRecipients())
                                .containsExactlyInAnyOrder(ALICE.endpoint, BOB.endpoint));
        EditedLink without = new EditedLink(link);
        without.keysDigest = ChainDigest.NONE;
        assertRefused(LinkRefusal.KEYS_MISSING, ChainRules.next(chain.state(2), without.signedBy(ALICE)));
    }

    @Test
    void noKeysComeWhenNobodyNeedsOne() {
        chain.remove(BOB, BOB);
        EditedLink link = new EditedLink(chain.state().link());
        assertThat(link.keysDigest).isEqualTo(ChainDigest.NONE);
        link.keysDigest = EditedLink.someKeys();
        assertRefused(LinkRefusal.KEYS_UNEXPECTED, ChainRules.next(chain.state(2), link.signedBy(BOB)));
    }

    @Test
    void linkOfAnotherRoomIsRefused() {
        TestChain other = TestChain.create(ALICE, "another").invite(ALICE, BOB, MemberRole.MEMBER);
        assertRefused(
                LinkRefusal.OTHER_ROOM,
                ChainRules.next(chain.state(1), other.state().link()));
    }

    @Test
    void gapIsRefused() {
        chain.rekey(ALICE);
        assertRefused(
                LinkRefusal.NUMBER_DOES_NOT_FOLLOW,
                ChainRules.next(chain.state(1), chain.state().link()));
    }

    @Test
    void lastLinkAgainIsKnownAndAnEarlierOnePassed() {
        assertThat(ChainRules.next(chain.state(), chain.state().link())).isInstanceOf(LinkOutcome.Known.class);
        assertThat(ChainRules.next(chain.state(), first())).isInstanceOf(LinkOutcome.Passed.class);
    }

    @Test
    void otherLinkOfTheSameNumberIsAFork() {
        RoomLink other = new EditedLink(invitation(MALLORY, MemberRole.MEMBER, chain.state(1))).signedBy(ALICE);
        assertThat(ChainRules.next(chain.state(), other))
                .isEqualTo(new LinkOutcome.Forked(chain.state().link(), other));
    }

    @Test
    void nextLinkAfterAnotherLinkIsAFork() {
        TestChain branch = TestChain.create(ALICE, "rules").invite(ALICE, CAROL, MemberRole.MEMBER);
        RoomLink third = branch.rekey(ALICE).state().link();
        assertThat(ChainRules.next(chain.state(), third))
                .isEqualTo(new LinkOutcome.Forked(chain.state().link(), third));
    }

    @Test
    void forkThatNobodySignedIsRefused() {
        EditedLink same = new EditedLink(chain.state().link()).actions(add(CAROL, MemberRole.MEMBER));
        assertRefused(LinkRefusal.SIGNATURE_WRONG, ChainRules.next(chain.state(), same.signedBy(MALLORY)));
        chain.rekey(ALICE);
        EditedLink next = new EditedLink(chain.state().link());
        next.previous = first().hash();
        assertRefused(LinkRefusal.SIGNATURE_WRONG, ChainRules.next(chain.state(2), next.signedBy(MALLORY)));
    }

    @Test
    void policyAndSubjectNeverChange() {
        EditedLink plain = new EditedLink(rekeyLink());
        plain.policy = new RoomPolicy(false);
        assertRefused(LinkRefusal.POLICY_CHANGED, ChainRules.next(chain.state(), plain.signedBy(ALICE)));
        EditedLink moved = new EditedLink(rekeyLink());
        moved.subject = new Subject("team.other");
        assertRefused(LinkRefusal.SUBJECT_CHANGED, ChainRules.next(chain.state(), moved.signedBy(ALICE)));
    }

    @Test
    void authorIsAnOwner() {
        EditedLink byMember = new EditedLink(invitation(CAROL, MemberRole.MEMBER, chain.state())).author(BOB);
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(), byMember.signedBy(BOB)));
        EditedLink byStranger = new EditedLink(rekeyLink()).author(MALLORY);
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(), byStranger.signedBy(MALLORY)));
    }

    @Test
    void nobodyIsAnOwnerByTheLinkItself() {
        EditedLink link = new EditedLink(invitation(CAROL, MemberRole.OWNER, chain.state())).author(CAROL);
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(), link.signedBy(CAROL)));
    }

    @Test
    void whoWasRemovedAuthorsNothingMore() {
        chain.invite(ALICE, CAROL, MemberRole.OWNER).rekey(CAROL, ALICE);
        EditedLink link = new EditedLink(rekeyLink(CAROL)).author(ALICE);
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(), link.signedBy(ALICE)));
    }

    @Test
    void memberLeavesByItsOwnLinkAndTakesNobodyAlong() {
        chain.invite(ALICE, CAROL, MemberRole.MEMBER).remove(BOB, BOB);
        assertThat(chain.state().members()).containsOnlyKeys(ALICE.endpoint, CAROL.endpoint);
        assertThat(chain.state().rekeyRequired()).isTrue();
        RoomLink leave = chain.state().link();
        EditedLink two =
                new EditedLink(leave).actions(remove(BOB), remove(CAROL)).members(owner(ALICE));
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(3), two.signedBy(BOB)));
        EditedLink other = new EditedLink(leave).actions(remove(CAROL)).members(owner(ALICE), member(BOB));
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(3), other.signedBy(BOB)));
    }

    @Test
    void strangerCannotLeave() {
        EditedLink link = new EditedLink(rekeyLink()).author(MALLORY).actions(remove(MALLORY));
        assertRefused(LinkRefusal.AUTHOR_NOT_OWNER, ChainRules.next(chain.state(), link.signedBy(MALLORY)));
    }

    @Test
    void whoLeavesDoesNotRekey() {
        EditedLink member =
                new EditedLink(rekeyLink()).author(BOB).actions(remove(BOB)).members(owner(ALICE));
        assertRefused(LinkRefusal.LEAVER_REKEYS, ChainRules.next(chain.state(), member.signedBy(BOB)));
        chain.invite(ALICE, CAROL, MemberRole.OWNER);
        EditedLink leavingOwner =
                new EditedLink(rekeyLink(CAROL)).actions(remove(CAROL)).members(owner(ALICE), member(BOB));
        assertRefused(LinkRefusal.LEAVER_REKEYS, ChainRules.next(chain.state(), leavingOwner.signedBy(CAROL)));
        EditedLink withAnother = new EditedLink(rekeyLink(CAROL))
                .actions(remove(CAROL), remove(BOB))
                .members(owner(ALICE));
        assertRefused(LinkRefusal.LEAVER_REKEYS, ChainRules.next(chain.state(), withAnother.signedBy(CAROL)));
    }

    @Test
    void epochStaysOrIsTheNext() {
        for (long epoch : List.of(3L, 9L, (1L << 53) - 1)) {
            assertRefused(
                    LinkRefusal.EPOCH_DOES_NOT_FOLLOW,
                    ChainRules.next(
                            chain.state(),
                            new EditedLink(rekeyLink()).epoch(epoch).signedBy(ALICE)));
        }
        chain.rekey(ALICE);
        EditedLink back = new EditedLink(rekeyLink()).epoch(1);
        assertRefused(LinkRefusal.EPOCH_DOES_NOT_FOLLOW, ChainRules.next(chain.state(), back.signedBy(ALICE)));
    }

    @Test
    void commitmentChangesWithTheEpochAndOnlyWithIt() {
        EditedLink stays = new EditedLink(rekeyLink());
        stays.keyCommitment = chain.state().keyCommitment();
        assertRefused(LinkRefusal.COMMITMENT_NOT_CHANGED, ChainRules.next(chain.state(), stays.signedBy(ALICE)));
        EditedLink changes = new EditedLink(invitation(CAROL, MemberRole.MEMBER, chain.state()));
        changes.keyCommitment = ChainDigest.of(TestPeer.bytes("another"));
        assertRefused(LinkRefusal.COMMITMENT_CHANGED, ChainRules.next(chain.state(), changes.signedBy(ALICE)));
    }

    @Test
    void linkThatChangesNothingIsRefused() {
        EditedLink link = new EditedLink(invitation(CAROL, MemberRole.MEMBER, chain.state()))
                .actions()
                .members(owner(ALICE), member(BOB));
        link.keysDigest = ChainDigest.NONE;
        assertRefused(LinkRefusal.NOTHING_CHANGES, ChainRules.next(chain.state(), link.signedBy(ALICE)));
    }

    @Test
    void memberIsNotAddedAgain() {
        EditedLink link = new EditedLink(invitation(CAROL, MemberRole.MEMBER, chain.state()))
                .actions(add(BOB, MemberRole.OWNER))
                .members(owner(ALICE), owner(BOB));
        assertRefused(LinkRefusal.MEMBER_EXISTS, ChainRules.next(chain.state(), link.signedBy(ALICE)));
    }

    @Test
    void whoIsNoMemberIsNotRemoved() {
        EditedLink link = new EditedLink(rekeyLink()).actions(remove(CAROL)).members(owner(ALICE), member(BOB));
        assertRefused(LinkRefusal.MEMBER_NOT_FOUND, ChainRules.next(chain.state(), link.signedBy(ALICE)));
    }

    @Test
    void nobodyIsAddedAfterALeaveUntilTheRekey() {
        chain.remove(BOB, BOB);
        RoomLink invitation = invitation(CAROL, MemberRole.MEMBER, chain.state());
        assertRefused(LinkRefusal.REKEY_REQUIRED, ChainRules.next(chain.state(), invitation));
        chain.rekey(ALICE).invite(ALICE, CAROL, MemberRole.MEMBER);
        assertThat(chain.state().rekeyRequired()).isFalse();
    }

    @Test
    void nobodyIsAddedAfterARemovalWithoutARekeyUntilTheRekey() {
        chain.invite(ALICE, CAROL, MemberRole.MEMBER).remove(ALICE, BOB).remove(ALICE, CAROL);
        assertThat(chain.state().rekeyRequired()).isTrue();
        RoomLink invitation = invitation(BOB, MemberRole.MEMBER, chain.state());
        assertRefused(LinkRefusal.REKEY_REQUIRED, ChainRules.next(chain.state(), invitation));
    }

    @Test
    void removalWithARekeyLeavesNothingToBeDone() {
        chain.rekey(ALICE, BOB);
        assertThat(chain.state().members()).containsOnlyKeys(ALICE.endpoint);
        assertThat(chain.state().rekeyRequired()).isFalse();
        chain.invite(ALICE, BOB, MemberRole.MEMBER);
    }

    @Test
    void nobodyIsExchangedWithoutARekey() {
        EditedLink link = new EditedLink(invitation(CAROL, MemberRole.MEMBER, chain.state()))
                .actions(add(CAROL, MemberRole.MEMBER), remove(BOB))
                .members(owner(ALICE), member(CAROL));
        assertRefused(LinkRefusal.REKEY_REQUIRED, ChainRules.next(chain.state(), link.signedBy(ALICE)));
        EditedLink rekeyed = new EditedLink(rekeyLink())
                .actions(add(CAROL, MemberRole.MEMBER), remove(BOB))
                .members(owner(ALICE), member(CAROL));
        assertThat(ChainRules.next(chain.state(), rekeyed.signedBy(ALICE)))
                .isInstanceOfSatisfying(
                        LinkOutcome.Accepted.class,
                        accepted -> assertThat(accepted.keyRecipients())
                                .containsExactlyInAnyOrder(ALICE.endpoint, CAROL.endpoint));
    }

    @Test
    void anOwnerRemains() {
        EditedLink leaves = new EditedLink(invitation(CAROL, MemberRole.MEMBER, chain.state()))
                .actions(remove(ALICE))
                .members(member(BOB));
        leaves.keysDigest = ChainDigest.NONE;
        assertRefused(LinkRefusal.NO_OWNER, ChainRules.next(chain.state(), leaves.signedBy(ALICE)));
        EditedLink exchanges = new EditedLink(invitation(CAROL, MemberRole.OWNER, chain.state()));
        exchanges.actions(add(CAROL, MemberRole.OWNER), remove(ALICE)).members(member(BOB), owner(CAROL));
        assertRefused(LinkRefusal.REKEY_REQUIRED, ChainRules.next(chain.state(), exchanges.signedBy(ALICE)));
    }

    @Test
    void ownerLeavesWhenAnotherRemains() {
        chain.invite(ALICE, CAROL, MemberRole.OWNER).remove(ALICE, ALICE).rekey(CAROL);
        assertThat(chain.state().isOwner(CAROL.endpoint)).isTrue();
        assertThat(chain.state().members()).containsOnlyKeys(BOB.endpoint, CAROL.endpoint);
    }

    @Test
    void roomHasAtMostAsManyMembersAsCanBeRekeyed() {
        List<Endpoint> many = validEndpoints(ChainState.MAX_MEMBERS - 1);
        LinkDraft draft = LinkDraft.follow(chain.state(1), ALICE.endpoint);
        many.forEach(endpoint -> draft.add(endpoint, MemberRole.MEMBER));
        draft.keys(TestPeer.sealedKeys(Epoch.FIRST, many));
        ChainState full = TestChain.accepted(draft.sign(TestChain.BEGIN, ALICE));
        assertThat(full.members()).hasSize(ChainState.MAX_MEMBERS);
        assertThat(full.link().bytes().length).isLessThan(RoomLink.MAX_BYTES);
        LinkDraft oneMore = LinkDraft.follow(full, ALICE.endpoint).add(MALLORY.endpoint, MemberRole.MEMBER);
        oneMore.keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(MALLORY.endpoint)));
        assertRefused(LinkRefusal.ROOM_FULL, oneMore.sign(TestChain.BEGIN, ALICE));
    }

    @Test
    void digestOfTheMembersIsRight() {
        RoomLink link = invitation(CAROL, MemberRole.MEMBER, chain.state());
        EditedLink ghost = new EditedLink(link).members(owner(ALICE), member(BOB), member(CAROL), member(MALLORY));
        assertRefused(LinkRefusal.MEMBERS_DIGEST_WRONG, ChainRules.next(chain.state(), ghost.signedBy(ALICE)));
        EditedLink role = new EditedLink(link).members(owner(ALICE), owner(BOB), member(CAROL));
        assertRefused(LinkRefusal.MEMBERS_DIGEST_WRONG, ChainRules.next(chain.state(), role.signedBy(ALICE)));
    }

    @Test
    void linkIsSignedByItsAuthor() {
        RoomLink link = new EditedLink(rekeyLink()).signedBy(MALLORY);
        assertRefused(LinkRefusal.SIGNATURE_WRONG, ChainRules.next(chain.state(), link));
        RoomLink unsigned = new EditedLink(rekeyLink()).signedBy(text -> new byte[RoomLink.SIGNATURE_BYTES]);
        assertRefused(LinkRefusal.SIGNATURE_WRONG, ChainRules.next(chain.state(), unsigned));
    }

    @Test
    void signatureHasOneForm() {
        // s + L is the same signature to whoever does not look at its range, and would give the link a second hash.
        RoomLink link = rekeyLink();
        byte[] bytes = link.bytes();
        byte[] order = {
            (byte) 0xed,
            (byte) 0xd3,
            (byte) 0xf5,
            0x5c,
            0x1a,
            0x63,
            0x12,
            0x58,
            (byte) 0xd6,
            (byte) 0x9c,
            (byte) 0xf7,
            (byte) 0xa2,
            (byte) 0xde,
            (byte) 0xf9,
            (byte) 0xde,
            0x14,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0x10
        };
        int carry = 0;
        for (int i = 0; i < order.length; i++) {
            int at = bytes.length - order.length + i;
            int sum = (bytes[at] & 0xff) + (order[i] & 0xff) + carry;
            bytes[at] = (byte) sum;
            carry = sum >> 8;
        }
        assertRefused(LinkRefusal.SIGNATURE_WRONG, ChainRules.next(chain.state(), RoomLink.parse(bytes)));
    }

    @Test
    void signatureIsLookedAtLast() {
        EditedLink link = new EditedLink(rekeyLink()).members(member(MALLORY));
        assertRefused(LinkRefusal.MEMBERS_DIGEST_WRONG, ChainRules.next(chain.state(), link.signedBy(MALLORY)));
    }

    @Test
    void memberWhoseKeyAnybodyCanSignForIsRefused() {
        byte[] neutral = new byte[32];
        neutral[0] = 1;
        byte[] offTheCurve = new byte[32];
        offTheCurve[0] = 2;
        for (byte[] key : List.of(neutral, offTheCurve, new byte[32])) {
            Endpoint endpoint = Endpoint.ofPublicKey(key);
            LinkDraft draft = LinkDraft.follow(chain.state(), ALICE.endpoint)
                    .add(endpoint, MemberRole.MEMBER)
                    .keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(endpoint)));
            assertRefused(LinkRefusal.ENDPOINT_INVALID, draft.sign(TestChain.BEGIN, ALICE));
        }
    }

    @Test
    void creatorWhoseKeyAnybodyCanSignForIsRefused() {
        byte[] neutral = new byte[32];
        neutral[0] = 1;
        Endpoint creator = Endpoint.ofPublicKey(neutral);
        LinkDraft draft = LinkDraft.create(
                        creator, OTHER_NONCE, new RoomPolicy(true), new Subject("a"), TestPeer.bytes("key"))
                .add(creator, MemberRole.OWNER)
                .keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(creator)));
        // R = B and s = 1 fit every text when the public key is the neutral point.
        byte[] forged = new byte[RoomLink.SIGNATURE_BYTES];
        Arrays.fill(forged, 0, 32, (byte) 0x66);
        forged[0] = 0x58;
        forged[32] = 1;
        assertThat(draft.sign(TestChain.BEGIN, text -> forged)).isInstanceOf(LinkOutcome.Refused.class);
    }

    @Test
    void timeOfALinkMayLieBeforeThatOfTheLast() {
        EditedLink link = new EditedLink(rekeyLink());
        link.time = first().content().time().minusSeconds(3600);
        TestChain.accepted(ChainRules.next(chain.state(), link.signedBy(ALICE)));
    }

    @Test
    void reasonsAreStableWords() {
        List<String> words = new ArrayList<>();
        Arrays.stream(LinkRefusal.values())
                .sorted(Comparator.comparing(LinkRefusal::toString))
                .forEach(reason -> words.add(reason.toString()));
        assertThat(words)
                .containsExactly(
                        "author-not-owner",
                        "commitment-changed",
                        "commitment-not-changed",
                        "creator-not-sole-owner",
                        "endpoint-invalid",
                        "epoch-does-not-follow",
                        "keys-missing",
                        "keys-unexpected",
                        "leaver-rekeys",
                        "member-exists",
                        "member-not-found",
                        "members-digest-wrong",
                        "no-owner",
                        "not-encrypted",
                        "nothing-changes",
                        "number-does-not-follow",
                        "other-room",
                        "policy-changed",
                        "rekey-required",
                        "room-full",
                        "room-id-of-another",
                        "signature-wrong",
                        "subject-changed");
    }

    /** The first link of a room that had an id of an earlier build, its epoch 7, and three members. */
    private EditedLink adopted() {
        EditedLink link = new EditedLink(first())
                .actions(add(ALICE, MemberRole.OWNER), add(BOB, MemberRole.OWNER), add(CAROL, MemberRole.MEMBER));
        link.room = new RoomId("0123456789abcdefghjkmnpqrs");
        link.members(owner(ALICE), owner(BOB), member(CAROL)).epoch(7);
        link.keysDigest = ChainDigest.NONE;
        return link;
    }

    private RoomLink first() {
        return chain.state(1).link();
    }

    private RoomLink rekeyLink() {
        return rekeyLink(ALICE);
    }

    private RoomLink rekeyLink(TestPeer author) {
        ChainState state = chain.state();
        return EditedLink.after(state, author).epoch(state.epoch().number() + 1).signedBy(author);
    }

    private static RoomLink invitation(TestPeer guest, MemberRole role, ChainState state) {
        List<ChainMember> members = new ArrayList<>(state.members().values());
        members.add(new ChainMember(guest.endpoint, role, Optional.empty()));
        EditedLink link = EditedLink.after(state, ALICE).actions(add(guest, role));
        link.membersDigest = ChainDigests.members(members);
        link.keysDigest = EditedLink.someKeys();
        return link.signedBy(ALICE);
    }

    private static List<Endpoint> validEndpoints(int count) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            endpoints.add(new TestPeer("member " + i).endpoint);
        }
        return endpoints;
    }

    private static void assertRefused(LinkRefusal reason, LinkOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(LinkOutcome.Refused.class, refused -> {
            assertThat(refused.reason()).describedAs(refused.detail()).isEqualTo(reason);
            assertThat(refused.detail()).endsWith(".");
        });
    }

    private static LinkAction add(TestPeer peer, MemberRole role) {
        return new LinkAction.Add(peer.endpoint, role, Optional.empty());
    }

    private static LinkAction remove(TestPeer peer) {
        return new LinkAction.Remove(peer.endpoint);
    }

    private static ChainMember owner(TestPeer peer) {
        return new ChainMember(peer.endpoint, MemberRole.OWNER, Optional.empty());
    }

    private static ChainMember member(TestPeer peer) {
        return new ChainMember(peer.endpoint, MemberRole.MEMBER, Optional.empty());
    }
}
