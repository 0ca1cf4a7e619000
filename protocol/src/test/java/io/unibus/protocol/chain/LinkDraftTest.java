package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LinkDraftTest {
    private static final TestPeer ALICE = new TestPeer("alice");
    private static final TestPeer BOB = new TestPeer("bob");

    private final TestChain chain = TestChain.create(ALICE, "drafts");

    @Test
    void draftTakesNumberHashesAndDigestsFromTheChain() {
        ChainState before = chain.state();
        LinkContent content =
                chain.invite(ALICE, BOB, MemberRole.MEMBER).state().link().content();
        assertThat(content.number()).isEqualTo(2);
        assertThat(content.previous()).isEqualTo(before.link().hash());
        assertThat(content.keysDigest())
                .isEqualTo(
                        ChainDigests.sealedKeys(Epoch.FIRST, TestPeer.sealedKeys(Epoch.FIRST, Set.of(BOB.endpoint))));
        assertThat(content.membersDigest())
                .isEqualTo(ChainDigests.members(chain.state().members().values()));
        assertThat(content.keyCommitment()).isEqualTo(before.keyCommitment());
    }

    @Test
    void nothingIsSignedThatBreaksARule() {
        LinkOutcome outcome = LinkDraft.follow(chain.state(), BOB.endpoint)
                .remove(ALICE.endpoint)
                .sign(TestChain.BEGIN, text -> {
                    throw new AssertionError("signed");
                });
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        LinkOutcome.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(LinkRefusal.AUTHOR_NOT_OWNER));
    }

    @Test
    void signerMustBeTheAuthor() {
        LinkOutcome outcome = LinkDraft.follow(chain.state(), ALICE.endpoint)
                .add(BOB.endpoint, MemberRole.MEMBER)
                .keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(BOB.endpoint)))
                .sign(TestChain.BEGIN, BOB);
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        LinkOutcome.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(LinkRefusal.SIGNATURE_WRONG));
        LinkDraft draft = LinkDraft.follow(chain.state(), ALICE.endpoint)
                .add(BOB.endpoint, MemberRole.MEMBER)
                .keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(BOB.endpoint)));
        assertThatThrownBy(() -> draft.sign(TestChain.BEGIN, text -> new byte[63]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keysAreForExactlyThoseWhoNeedOne() {
        LinkDraft draft = LinkDraft.follow(chain.state(), ALICE.endpoint)
                .add(BOB.endpoint, MemberRole.MEMBER)
                .keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(ALICE.endpoint, BOB.endpoint)));
        assertThatThrownBy(() -> draft.sign(TestChain.BEGIN, ALICE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("exactly those who need one");
    }

    @Test
    void endpointIsInALinkOnce() {
        LinkDraft draft = LinkDraft.follow(chain.state(), ALICE.endpoint).remove(ALICE.endpoint);
        assertThatThrownBy(() -> draft.add(ALICE.endpoint, MemberRole.OWNER))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void linkBeginsOneEpochAtMost() {
        LinkDraft draft = LinkDraft.follow(chain.state(), ALICE.endpoint).rekey(new byte[32]);
        assertThat(draft.epoch()).isEqualTo(new Epoch(2));
        assertThatThrownBy(() -> draft.rekey(new byte[32])).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void roomOfAnEarlierBuildIsAdopted() {
        RoomId room = new RoomId("old");
        LinkOutcome outcome = LinkDraft.adopt(
                        room,
                        ALICE.endpoint,
                        CreationNonce.of(new byte[16]),
                        new RoomPolicy(true),
                        new Subject("old"),
                        new Epoch(3),
                        TestPeer.bytes("key"))
                .add(ALICE.endpoint, MemberRole.OWNER)
                .add(BOB.endpoint, MemberRole.MEMBER, MemberName.of("Bob"))
                .sign(TestChain.BEGIN, ALICE);
        ChainState state = TestChain.accepted(outcome);
        assertThat(state.room()).isEqualTo(room);
        assertThat(state.epoch()).isEqualTo(new Epoch(3));
        assertThat(state.members()).hasSize(2);
        assertThat(state.member(BOB.endpoint).flatMap(ChainMember::name)).contains(new MemberName("Bob"));
    }

    @Test
    void timeIsKeptToTheMillisecond() {
        ChainState state = TestChain.accepted(LinkDraft.follow(chain.state(), ALICE.endpoint)
                .rekey(new byte[32])
                .keys(TestPeer.sealedKeys(new Epoch(2), Set.of(ALICE.endpoint)))
                .sign(TestChain.BEGIN.plusNanos(1_999_999), ALICE));
        assertThat(state.link().content().time()).isEqualTo(TestChain.BEGIN.plusMillis(1));
    }
}
