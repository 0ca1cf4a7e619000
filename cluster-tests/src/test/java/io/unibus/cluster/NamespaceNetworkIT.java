package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The network that other tests cut. */
final class NamespaceNetworkIT {
    @Test
    void packetsVanishBetweenTwoNodesWhenTheirPathIsCutAndReturnWhenItHeals() {
        try (NamespaceNetwork network = NamespaceNetwork.of(3, LoopbackNetwork.unused(new Random()))) {
            assertThat(canConnect(network, 1, 2)).isTrue();
            assertThat(canConnect(network, 2, 1)).isTrue();

            network.cut(1, 2);
            assertThat(canConnect(network, 1, 2)).isFalse();
            assertThat(canConnect(network, 2, 1)).isFalse();
            assertThat(canConnect(network, 1, 3)).isTrue();
            assertThat(canConnect(network, 3, 2)).isTrue();

            network.heal();
            assertThat(canConnect(network, 1, 2)).isTrue();
        }
    }

    /** A refusal is an answer too: packets go both ways. */
    private static boolean canConnect(NamespaceNetwork network, int from, int to) {
        String[] address = network.clusterAddress(to).split(":", -1);
        List<String> command = new ArrayList<>(network.on(from));
        command.addAll(List.of("timeout", "1", "bash", "-c"));
        command.add("exec 3<>/dev/tcp/%s/%s".formatted(address[0], address[1]));
        String problem = Command.problemOf(command);
        return problem.contains("refused");
    }
}
