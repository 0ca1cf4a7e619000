package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A chain that grows link by link, each made by a draft, with keys for those who need them. Not thread-safe. */
final class TestChain {
    static final Instant BEGIN = Instant.parse("2026-11-28T12:00:00Z");

    private final List<ChainState> states = new ArrayList<>();

    static TestChain create(TestPeer creator, String seed) {
        CreationNonce nonce = CreationNonce.of(Arrays.copyOf(TestPeer.bytes(seed), CreationNonce.BYTES));
        byte[] key = TestPeer.roomKey(ChainRoomId.derive(creator.endpoint, nonce), Epoch.FIRST);
        LinkDraft draft = LinkDraft.create(creator.endpoint, nonce, new RoomPolicy(true), new Subject("team.chat"), key)
                .add(creator.endpoint, MemberRole.OWNER, MemberName.of(creator.name))
                .keys(TestPeer.sealedKeys(Epoch.FIRST, Set.of(creator.endpoint)));
        TestChain chain = new TestChain();
        chain.states.add(accepted(draft.sign(BEGIN, creator)));
        return chain;
    }

    ChainState state() {
        return states.get(states.size() - 1);
    }

    ChainState state(int number) {
        return states.get(number - 1);
    }

    int length() {
        return states.size();
    }

    List<RoomLink> links() {
        return states.stream().map(ChainState::link).toList();
    }

    TestChain invite(TestPeer author, TestPeer guest, MemberRole role) {
        return append(
                author,
                LinkDraft.follow(state(), author.endpoint)
                        .add(guest.endpoint, role, MemberName.of(guest.name))
                        .keys(TestPeer.sealedKeys(state().epoch(), Set.of(guest.endpoint))));
    }

    TestChain rekey(TestPeer author, TestPeer... removed) {
        LinkDraft draft = LinkDraft.follow(state(), author.endpoint);
        Set<Endpoint> remaining = new TreeSet<>(state().members().keySet());
        for (TestPeer peer : removed) {
            draft.remove(peer.endpoint);
            remaining.remove(peer.endpoint);
        }
        Epoch next = state().epoch().next();
        draft.rekey(TestPeer.roomKey(state().room(), next)).keys(TestPeer.sealedKeys(next, remaining));
        return append(author, draft);
    }

    /** Removes without a rekey; oneself is to leave. */
    TestChain remove(TestPeer author, TestPeer removed) {
        return append(author, LinkDraft.follow(state(), author.endpoint).remove(removed.endpoint));
    }

    TestChain append(TestPeer author, LinkDraft draft) {
        states.add(accepted(draft.sign(BEGIN.plusSeconds(60L * states.size()), author)));
        return this;
    }

    static ChainState accepted(LinkOutcome outcome) {
        if (outcome instanceof LinkOutcome.Accepted accepted) {
            return accepted.state();
        }
        throw new AssertionError(outcome);
    }
}
