package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Chains as several owners make them by chance, and what becomes of them when one byte is another. */
final class ChainSequencesTest {
    private static final List<TestPeer> PEERS = peers();

    @Test
    void whateverOwnersAndLeaversDoVerifiesFromTheFirstLinkOn() {
        long seed = Long.getLong("unibus.seed", System.nanoTime());
        System.out.println("random seed " + seed);
        Random random = new Random(seed);
        for (int room = 0; room < 20; room++) {
            TestChain chain = TestChain.create(PEERS.get(0), "sequence " + room);
            Map<Endpoint, MemberRole> model = new TreeMap<>(Map.of(PEERS.get(0).endpoint, MemberRole.OWNER));
            for (int step = 0; step < 40; step++) {
                change(chain, model, random);
                assertMembers(chain.state(), model);
            }
            assertVerifies(chain);
        }
    }

    @Test
    void noByteOfALinkCanBeChanged() {
        TestPeer alice = PEERS.get(0);
        TestPeer bob = PEERS.get(1);
        TestChain chain = TestChain.create(alice, "bytes")
                .invite(alice, bob, MemberRole.OWNER)
                .rekey(bob, alice)
                .invite(bob, PEERS.get(2), MemberRole.MEMBER)
                .remove(PEERS.get(2), PEERS.get(2));
        Random random = new Random(20_261_128);
        for (int number = 1; number <= chain.length(); number++) {
            byte[] bytes = chain.state(number).link().bytes();
            for (int at = 0; at < bytes.length; at++) {
                for (int bits : new int[] {1, 0x80, 1 + random.nextInt(255)}) {
                    byte[] changed = bytes.clone();
                    changed[at] ^= (byte) bits;
                    assertNotAccepted(chain, number, changed, at);
                }
            }
        }
    }

    private static void assertNotAccepted(TestChain chain, int number, byte[] changed, int at) {
        RoomLink link;
        try {
            link = RoomLink.parse(changed);
        } catch (MalformedException e) {
            return;
        }
        LinkOutcome outcome = number == 1 ? ChainRules.create(link) : ChainRules.next(chain.state(number - 1), link);
        assertThat(outcome)
                .describedAs("link %d, byte %d", number, at)
                .isInstanceOfAny(LinkOutcome.Refused.class, LinkOutcome.Passed.class);
        if (number == 1) {
            assertThat(ChainRules.adopt(link)).isInstanceOf(LinkOutcome.Refused.class);
        }
    }

    private static void change(TestChain chain, Map<Endpoint, MemberRole> model, Random random) {
        ChainState state = chain.state();
        List<TestPeer> owners = having(model, MemberRole.OWNER);
        TestPeer owner = owners.get(random.nextInt(owners.size()));
        List<TestPeer> others = new ArrayList<>(PEERS);
        others.removeIf(peer -> model.containsKey(peer.endpoint));
        List<TestPeer> removable = having(model, MemberRole.MEMBER);
        owners.stream().filter(peer -> peer != owner).forEach(removable::add);
        int choice = random.nextInt(6);
        if (choice <= 2 && !state.rekeyRequired() && !others.isEmpty()) {
            TestPeer guest = others.get(random.nextInt(others.size()));
            MemberRole role = random.nextBoolean() ? MemberRole.OWNER : MemberRole.MEMBER;
            chain.invite(owner, guest, role);
            model.put(guest.endpoint, role);
        } else if (choice == 3 && !removable.isEmpty()) {
            TestPeer leaving = removable.get(random.nextInt(removable.size()));
            chain.remove(random.nextBoolean() ? owner : leaving, leaving);
            model.remove(leaving.endpoint);
        } else if (choice == 4 && !removable.isEmpty()) {
            TestPeer removed = removable.get(random.nextInt(removable.size()));
            chain.rekey(owner, removed);
            model.remove(removed.endpoint);
        } else {
            chain.rekey(owner);
        }
    }

    private static void assertVerifies(TestChain chain) {
        ChainState state = TestChain.accepted(
                ChainRules.create(RoomLink.parse(chain.state(1).link().bytes())));
        for (int number = 2; number <= chain.length(); number++) {
            RoomLink link = RoomLink.parseText(chain.state(number).link().text());
            state = TestChain.accepted(ChainRules.next(state, link));
            assertThat(state).isEqualTo(chain.state(number));
            assertThat(ChainState.restore(link, state.members().values())).isEqualTo(state);
        }
    }

    private static void assertMembers(ChainState state, Map<Endpoint, MemberRole> model) {
        Map<Endpoint, MemberRole> roles = new TreeMap<>();
        state.members().forEach((endpoint, member) -> roles.put(endpoint, member.role()));
        assertThat(roles).isEqualTo(model);
    }

    private static List<TestPeer> having(Map<Endpoint, MemberRole> model, MemberRole role) {
        List<TestPeer> peers = new ArrayList<>(PEERS);
        peers.removeIf(peer -> model.get(peer.endpoint) != role);
        return peers;
    }

    private static List<TestPeer> peers() {
        List<TestPeer> peers = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            peers.add(new TestPeer("peer " + i));
        }
        return peers;
    }
}
