package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeerProbesTest {
    @Test
    void nothingIsKnownOfAPeerWhoseNameDoesNotResolve() throws InterruptedException {
        Peer peer = new Peer("no-such-host.invalid", 6222);
        try (PeerProbes probes = new PeerProbes(Optional::empty, host -> {
            throw new UnknownHostException(host);
        })) {
            assertThat(probes.probe(List.of(peer))).containsExactly(Reach.without(peer, Reach.Status.UNKNOWN));
        }
    }
}
