package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KnownPeersTest {
    private static final Peer NAME = new Peer("two.example", 6222);
    private static final Peer ADDRESS = new Peer("10.0.0.2", 6222);
    private static final Peer OWN = new Peer("one.example", 6222);
    private static final Peer OTHER = new Peer("three.example", 6222);

    private final KnownPeers peers = new KnownPeers("n1", List.of(NAME, ADDRESS, OWN, OTHER));

    private static Reach greeting(Peer peer, String name) {
        return new Reach(peer, Reach.Status.REACHABLE, name, "", "");
    }

    private static Reach cut(Peer peer) {
        return Reach.without(peer, Reach.Status.CUT);
    }

    @Test
    void aServerIsAsWellAsTheBestOfItsAddresses() {
        peers.learn(List.of(greeting(NAME, "n2"), greeting(ADDRESS, "n2")));
        assertThat(peers.servers(List.of(cut(NAME), Reach.without(ADDRESS, Reach.Status.DEAD))))
                .containsExactly(new KnownPeers.Server(Optional.of("n2"), Reach.Status.DEAD));
        assertThat(peers.servers(List.of(cut(NAME), cut(ADDRESS)))).hasSize(1);
    }

    @Test
    void addressesThatNeverGreetedAreServersOfTheirOwn() {
        assertThat(peers.servers(List.of(cut(NAME), cut(ADDRESS)))).hasSize(2);
        assertThat(peers.nameless()).containsExactly(NAME, ADDRESS, OWN, OTHER);
    }

    @Test
    void thisNodeIsNoneOfTheOthers() {
        assertThat(peers.servers(List.of(greeting(OWN, "n1"), cut(OTHER))))
                .containsExactly(new KnownPeers.Server(Optional.empty(), Reach.Status.CUT));
        assertThat(peers.others()).containsExactly(NAME, ADDRESS, OTHER);
    }

    @Test
    void theLastGreetingOfAnAddressCounts() {
        peers.learn(List.of(greeting(OTHER, "n3")));
        peers.learn(List.of(greeting(OTHER, "n4")));
        assertThat(peers.names()).containsExactly("n4");
    }
}
