package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The disk of one node of a cluster fills up. */
final class FullDiskIT {
    private static final int CLIENTS = 3;
    private static final int FULL = 2;

    /** The node waits until its server has had time to recover by itself, and between two restarts. */
    private static final Duration HEALING_LIMIT = Duration.ofSeconds(90);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();

    @Test
    void theOthersGoOnAndTheNodeHealsWhenThereIsSpaceAgain() throws IOException {
        scenario.expectError("no space left on device");
        scenario.expectError("audit.log cannot be written");
        scenario.expectError("JetStream out of "); // resources, or file resources
        // What the server could not store, its copy of a bucket lacks: it says so, and takes the copy of another.
        scenario.expectError("Error applying stream entries");
        Cluster cluster = scenario.aCluster().withNodes(3).prepare();
        ClusterNode full = cluster.node(FULL);
        Mount mount = Mount.at(full.dataDirectory(), "size=192m,mode=0700");
        scenario.closeAfterwards(mount);
        cluster.start();
        cluster.awaitReady();
        cluster.awaitReplicas(3);
        try (Workload workload = Workload.on(cluster, CLIENTS, random)) {
            Await.pause(Duration.ofSeconds(2));
            long begin = System.nanoTime();
            Path filler = mount.fill();
            Await.pause(Duration.ofSeconds(8));
            boolean noticed = !full.isReady();
            long freed = System.nanoTime();
            Files.delete(filler);
            Await.until("the node to be ready again", HEALING_LIMIT, () -> {
                Await.pause(Duration.ofMillis(100));
                return full.isReady();
            });
            cluster.awaitReplicas(3);
            long recovered = System.nanoTime();
            workload.history().add(new Fault("full disk", Set.of(FULL), Set.of(), begin, begin, freed, recovered));
            workload.stop();
            List<String> violations = Judge.violations(workload);
            System.out.printf(
                    "FullDiskIT: noticed %s, whole again %d ms after there was space, violations %d%n",
                    noticed, (recovered - freed) / 1_000_000, violations.size());
            WriteGaps.of(workload).print();
            assertThat(violations).isEmpty();
        }
    }
}
