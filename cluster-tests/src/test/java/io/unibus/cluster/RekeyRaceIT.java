package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.client.ProblemException;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two owners change the key of one room at the same moment, each through a node of its own, again and again. */
final class RekeyRaceIT {
    private static final int RACERS = 2;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final List<Identity> owners = IntStream.range(0, RACERS)
            .mapToObj(i -> Identity.generate(Randoms.secure(random)))
            .toList();
    private final List<Endpoint> everyone =
            owners.stream().map(Identity::endpoint).toList();
    private final History history = new History();
    private final Ledgers rooms = new Ledgers();
    private final AtomicInteger[] wins = {new AtomicInteger(), new AtomicInteger()};

    @Test
    void everyRaceHasOneWinnerWhoseKeysAreTheWholeEpoch() {
        Cluster cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        cluster.awaitReplicas(3);
        RoomId room = createRoom(cluster);
        CyclicBarrier start = new CyclicBarrier(RACERS);
        long begin = System.nanoTime();
        try (Workers racers = new Workers()) {
            for (int racer = 0; racer < RACERS; racer++) {
                int number = racer;
                racers.begin(() -> race(cluster.node(1 + number), number, room, start));
            }
            racers.awaitEnd(Duration.ofSeconds(60L + Settings.races()));
        }
        System.out.printf(
                "RekeyRaceIT: %d races in %d ms, won %s, answers %s%n",
                Settings.races(), (System.nanoTime() - begin) / 1_000_000, List.of(wins), history.answers());
        assertThat(IntStream.range(0, RACERS).map(racer -> wins[racer].get()).sum())
                .as("races with one winner")
                .isEqualTo(Settings.races());
        for (ClusterNode node : cluster.nodes()) {
            NodeView view = new NodeView(node.url(), owners);
            assertThat(view.room(room, everyone).orElseThrow().epoch()).isEqualTo(1L + Settings.races());
            rooms.check(view, everyone);
        }
    }

    private RoomId createRoom(Cluster cluster) {
        ClusterClient client = ClusterClient.ofOne(cluster.node(1), owners.get(0), new History());
        RoomWriter writer = new RoomWriter(client, rooms, random);
        RoomId room = writer.freshId();
        assertThat(writer.create(room, Optional.empty())).isTrue();
        assertThat(writer.invite(room, 1, everyone.get(1), MemberRole.OWNER)).isTrue();
        return room;
    }

    private void race(ClusterNode node, int number, RoomId room, CyclicBarrier start) {
        ClusterClient client = ClusterClient.ofOne(node, owners.get(number), history);
        RoomWriter writer = new RoomWriter(client, rooms, new Random(number));
        for (int round = 0; round < Settings.races(); round++) {
            await(start);
            try {
                if (writer.rekey(room, 2L + round, everyone, List.of())) {
                    wins[number].incrementAndGet();
                }
            } catch (ProblemException e) {
                assertThat(e.status() + " " + e.code()).isEqualTo("409 epoch-conflict");
            }
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) { // the other has failed
            throw new AssertionError(e);
        }
    }
}
