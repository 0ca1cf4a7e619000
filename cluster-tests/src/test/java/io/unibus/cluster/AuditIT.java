package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.client.ProblemException;
import io.unibus.client.Rooms;
import io.unibus.protocol.AddUserRequest;
import io.unibus.protocol.Handle;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.UserRole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The audit logs of three nodes: who asked whom for what, and what every node then holds. */
final class AuditIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int ROOMS = 10;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Settings.random();
    private final Identity admin = newIdentity();
    private final Identity owner = newIdentity();

    @SuppressWarnings("NullAway.Init") // started by each test
    private Cluster cluster;

    private Identity newIdentity() {
        return Identity.generate(Randoms.secure(random));
    }

    private ControlPlaneClient api(int node, Identity identity) {
        return ControlPlaneClient.of(cluster.node(node).url(), identity);
    }

    @Test
    void everyChangeIsThereOnceAsAskedAndOnEachNodeAsChanged() throws IOException {
        cluster = scenario.aCluster()
                .withNodes(3)
                .with("--bus-auth", "enforce")
                .start()
                .awaitReady();
        cluster.addAdmin(admin.endpoint());
        add(1, owner);
        for (int i = 0; i < ROOMS; i++) {
            useARoom(1 + i % 3);
        }
        assertThatThrownBy(() -> api(2, owner).revokeUser(admin.endpoint())).isInstanceOf(ProblemException.class);

        awaitSameChanges();
        List<JsonObject> changed = lines(1, "changed");
        List<JsonObject> asked = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            asked.addAll(lines(node, "asked"));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file(node))))
                    .isEqualTo("rw-------");
        }
        assertThat(revisions(changed, "rooms")).isSorted();
        assertThat(revisions(changed, "users")).isSorted().doesNotHaveDuplicates();
        assertThat(answers(asked, "admin-only")).containsExactly("user-revoked " + admin.endpoint());
        List<JsonObject> done = asked.stream()
                .filter(line -> line.requiredString("answer").equals("done"))
                .toList();
        // the first two users, and of each room: its creation, a user, an invitation, a removal by rekey, a rekey, a
        // revocation
        assertThat(done).hasSize(2 + 6 * ROOMS);
        assertThat(done)
                .allSatisfy(line -> assertThat(changed.stream().filter(change -> isOf(change, line)))
                        .as("changes of " + words(line))
                        .hasSize(1));
        long more = ROOMS // the owner of a new room
                + ROOMS; // who leaves with a rekey
        assertThat(changed).hasSize((int) (done.size() + more));
        System.out.printf(
                "AuditIT: %d changes asked for and done, %d lines of changes on each of three nodes%n",
                done.size(), changed.size());
    }

    private void useARoom(int node) {
        Identity guest = newIdentity();
        add(node, guest);
        Rooms rooms = new Rooms(api(node, owner), owner);
        Room room = rooms.create(Optional.empty(), RoomPolicy.DEFAULT);
        rooms.invite(room.roomId(), guest.endpoint(), MemberRole.MEMBER);
        rooms.rekey(room.roomId());
        rooms.remove(room.roomId(), guest.endpoint());
        api(1 + node % 3, admin).revokeUser(guest.endpoint());
    }

    private void add(int node, Identity user) {
        Handle handle = new Handle("user-" + user.endpoint().nkey().substring(40));
        api(node, admin).addUser(new AddUserRequest(user.endpoint(), handle, UserRole.MEMBER));
    }

    @Test
    void nodeThatWasDownWritesWhatHasChangedMeanwhile() {
        cluster = scenario.aCluster().withNodes(3).start().awaitReady();
        cluster.awaitReplicas(3);
        cluster.addAdmin(admin.endpoint());
        Identity guest = newIdentity();
        add(1, guest);
        awaitSameChanges();
        cluster.node(2).stop();
        api(1, admin).revokeUser(guest.endpoint());
        cluster.node(2).restart();
        cluster.awaitReady();
        Await.until(
                "the revocation in the log of the node that was down",
                LIMIT,
                () -> lines(2, "changed").stream()
                        .anyMatch(line -> words(line).equals("user-revoked " + guest.endpoint())));
        assertThat(lines(2, "started")).hasSize(2);
    }

    private void awaitSameChanges() {
        Await.until(
                "the same changes on all nodes",
                LIMIT,
                () -> Stream.of("rooms", "users").allMatch(source -> {
                    List<String> first = changes(1, source);
                    return first.equals(changes(2, source)) && first.equals(changes(3, source));
                }));
    }

    private List<String> changes(int node, String source) {
        return lines(node, "changed").stream()
                .filter(line -> line.requiredString("source").equals(source))
                .map(line -> line.requiredLong("revision") + " " + words(line))
                .toList();
    }

    private static List<Long> revisions(List<JsonObject> changed, String source) {
        return changed.stream()
                .filter(line -> line.requiredString("source").equals(source))
                .map(line -> line.requiredLong("revision"))
                .toList();
    }

    private static List<String> answers(List<JsonObject> asked, String answer) {
        return asked.stream()
                .filter(line -> line.requiredString("answer").equals(answer))
                .map(AuditIT::words)
                .toList();
    }

    /** Whether a change is the one that was asked for. Of users no revision is known when they are answered. */
    private static boolean isOf(JsonObject change, JsonObject asked) {
        return words(change).equals(words(asked))
                && asked.number("revision")
                        .map(number -> number == change.requiredLong("revision"))
                        .orElse(true);
    }

    /** What a line is about. */
    private static String words(JsonObject line) {
        String what = line.requiredString("what");
        String place = line.string("room").map(room -> " " + room).orElse("");
        String who = line.string("endpoint").map(endpoint -> " " + endpoint).orElse("");
        String epoch = what.equals("room-rekeyed") ? " " + line.requiredLong("epoch") : "";
        return what + place + who + epoch;
    }

    private List<JsonObject> lines(int node, String kind) {
        try {
            return Files.readAllLines(file(node), StandardCharsets.UTF_8).stream()
                    .map(line -> JsonObject.parse(line.getBytes(StandardCharsets.UTF_8)))
                    .filter(line -> line.requiredString("kind").equals(kind))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(int node) {
        return cluster.node(node).dataDirectory().resolve("audit.log");
    }
}
