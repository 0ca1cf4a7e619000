package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.ProblemException;
import io.unibus.protocol.CreateRoomRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens on the host of a running node: its disk fills up, its operator works beside it. */
final class HostIT {
    private static final int WRITES_UNTIL_FULL = 20_000;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Identity alice = Identity.generate(Randoms.secure(Settings.random()));
    private final Random random = new Random();

    @Test
    void aFullDiskRefusesWritesAndLosesNothing() throws IOException {
        Mount mount = Mount.at(scenario.directory("data"), "size=96m,mode=0700");
        scenario.closeAfterwards(mount);
        NodeProcess node = scenario.aNode().start();
        var url = node.awaitReady().http();
        ControlPlaneClient client = ControlPlaneClient.of(url, alice);
        List<RoomId> acknowledged = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            acknowledged.add(createRoom(client));
        }
        Path filler = mount.fill();

        assertThatThrownBy(() -> {
                    for (int i = 0; i < WRITES_UNTIL_FULL; i++) {
                        acknowledged.add(createRoom(client));
                    }
                })
                .isInstanceOfSatisfying(ProblemException.class, problem -> {
                    assertThat(problem.status()).isEqualTo(503);
                    assertThat(problem.code()).isEqualTo("store-unavailable");
                    assertThat(problem.detail()).contains("nothing was written");
                });
        Await.until("/readyz to say so", Duration.ofSeconds(5), () -> isNotReadyBecauseFull(url));
        assertThat(rooms(client)).as("reads go on").containsAll(acknowledged);

        Files.delete(filler);
        Await.until("the node to be ready again", Duration.ofSeconds(5), () -> Http.isReady(url));
        acknowledged.add(createRoom(client));
        node.stop();

        NodeProcess again = scenario.aNode().start();
        assertThat(rooms(ControlPlaneClient.of(again.awaitReady().http(), alice)))
                .as("rooms after a restart")
                .containsExactlyInAnyOrderElementsOf(acknowledged);
        System.out.printf("HostIT: %d rooms acknowledged around a full disk%n", acknowledged.size());
    }

    private static boolean isNotReadyBecauseFull(URI url) {
        Http.Answer answer = Http.get(url, "/readyz");
        return answer.status() == 503
                && answer.body().contains("cannot take writes")
                && Http.get(url, "/status").body().contains("the disk is full");
    }

    private RoomId createRoom(ControlPlaneClient client) {
        RoomId id = new RoomId("r" + Long.toUnsignedString(random.nextLong(), 36));
        client.createRoom(new CreateRoomRequest(Optional.of(id), Optional.empty(), new RoomPolicy(false), Map.of()));
        return id;
    }

    private List<RoomId> rooms(ControlPlaneClient client) {
        return client.roomsOf(alice.endpoint()).stream().map(MemberRoom::roomId).toList();
    }

    @Test
    void aUserAddedOnTheHostIsKnownToTheRunningNode() {
        NodeProcess node = scenario.aNode().start();
        ControlPlaneClient client = ControlPlaneClient.of(node.awaitReady().http(), alice);
        assertThatThrownBy(client::users)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        problem -> assertThat(problem.code()).isEqualTo("admin-only"));
        scenario.addAdmin(alice.endpoint());
        assertThat(client.user(alice.endpoint()).handle()).isEqualTo(new Handle("admin"));
        assertThat(client.users()).hasSize(1);
    }
}
