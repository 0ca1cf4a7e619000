package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three nodes find each other, in whatever order they start and with whatever they have. */
final class ClusterFormationIT {
    private static final List<List<Integer>> ORDERS = List.of(
            List.of(1, 2, 3), List.of(3, 2, 1), List.of(2, 3, 1), List.of(1, 3, 2), List.of(2, 1, 3), List.of(3, 1, 2));

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity alice = Identity.generate(Randoms.secure(random));
    private final AtomicInteger rooms = new AtomicInteger();

    @Test
    void nodesFormAClusterInEveryOrderOfStart() {
        Cluster cluster = scenario.aCluster().withNodes(3).prepare();
        List<List<Integer>> orders = new ArrayList<>(ORDERS);
        Collections.shuffle(orders, random);
        for (List<Integer> order : orders.subList(0, Math.min(orders.size(), 1 + Settings.rounds()))) {
            long begin = System.nanoTime();
            for (int number : order) {
                cluster.node(number).start();
                Await.pause(Duration.ofMillis(random.nextInt(700)));
            }
            cluster.awaitReady();
            report("new cluster in order " + order, begin);
            cluster.awaitReplicas(3);
            report("  and all replicas current", begin);
            cluster.nodes()
                    .forEach(node -> assertThat(node.awaitReady().replicas()).isEqualTo(3));
            cluster.stop();
            cluster.nodes().forEach(ClusterNode::wipeData);
        }
    }

    @Test
    void aNewClusterWaitsForItsThirdNodeAndSaysSo() {
        Cluster cluster = scenario.aCluster().withNodes(3).prepare();
        cluster.node(1).start();
        cluster.node(2).start();
        Await.until(
                "a node to say what it waits for",
                Duration.ofSeconds(30),
                () -> cluster.node(1).log().contains("peers not connected"));
        Await.pause(Duration.ofSeconds(Long.getLong("unibus.late.seconds", 6)));
        assertThat(cluster.node(1).process().isReady()).isFalse();
        assertThat(cluster.node(2).process().isReady()).isFalse();
        long begin = System.nanoTime();
        cluster.node(3).start();
        cluster.awaitReady();
        report("late third node", begin);
        cluster.awaitReplicas(3);
    }

    @Test
    void whatWasWrittenIsThereAfterAllNodesWereStoppedOrKilled() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        List<RoomId> written = new ArrayList<>(List.of(createRoom(cluster.node(1))));
        cluster.stop();
        long begin = System.nanoTime();
        cluster.start();
        cluster.awaitReady();
        report("warm restart after a stop", begin);
        requireRooms(cluster, written);

        written.add(createRoom(cluster.node(2)));
        cluster.nodes().forEach(ClusterNode::killHost);
        begin = System.nanoTime();
        cluster.start();
        cluster.awaitReady();
        report("warm restart after a kill", begin);
        requireRooms(cluster, written);
    }

    @Test
    void aNodeThatLostItsDataGetsItFromTheOthers() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        List<RoomId> written = new ArrayList<>(List.of(createRoom(cluster.node(1))));
        cluster.awaitReplicas(3);
        cluster.node(2).killHost();
        written.add(createRoom(cluster.node(1)));
        cluster.node(2).wipeData();
        cluster.node(2).restart();
        cluster.awaitReplicas(3);
        requireRooms(cluster, written);
    }

    private RoomId createRoom(ClusterNode node) {
        RoomId id = new RoomId("room-" + rooms.incrementAndGet());
        CreateRoomRequest request =
                new CreateRoomRequest(Optional.of(id), Optional.empty(), new RoomPolicy(false), Map.of());
        ClusterClient client = new ClusterClient(List.of(node.url()), alice, 1, Duration.ofSeconds(20), new History());
        client.ask("create", id, api -> api.createRoom(request));
        return id;
    }

    private void requireRooms(Cluster cluster, List<RoomId> expected) {
        cluster.awaitRecovered();
        for (ClusterNode node : cluster.nodes()) {
            assertThat(ControlPlaneClient.of(node.url(), alice).roomsOf(alice.endpoint()).stream()
                            .map(MemberRoom::roomId))
                    .as("rooms that %s shows", node)
                    .containsExactlyElementsOf(expected);
        }
    }

    private static void report(String what, long begin) {
        System.out.printf("ClusterFormationIT: %s: %d ms%n", what, (System.nanoTime() - begin) / 1_000_000);
    }
}
