package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MissingPeersTest {
    private static final Peer PEER = new Peer("10.0.0.2", 6222);

    private static String sentence(Reach reach) {
        return MissingPeers.sentence(Set.of("n2"), List.of(reach), "ID1", "n1");
    }

    private static Reach server(String name, String id) {
        return new Reach(PEER, Reach.Status.REACHABLE, name, id, "other");
    }

    @Test
    void saysNothingOfThisNodeAndOfConnectedOnes() {
        assertThat(sentence(server("n1", "ID1"))).isEmpty();
        assertThat(sentence(server("n2", "ID2"))).isEmpty();
    }

    @Test
    void saysWhatKeepsAPeerAway() {
        assertThat(sentence(Reach.without(PEER, Reach.Status.DEAD)))
                .isEqualTo("peers not connected: 10.0.0.2:6222 refuses connections");
        assertThat(sentence(Reach.without(PEER, Reach.Status.CUT))).endsWith("10.0.0.2:6222 cannot be reached");
        assertThat(sentence(server("n1", "ID9"))).endsWith("10.0.0.2:6222 is another node that is also named n1");
        assertThat(sentence(server("n3", "ID3")))
                .endsWith("10.0.0.2:6222 (n3) answers and is not connected: has it another cluster key or cluster name"
                        + " (other)?");
    }
}
