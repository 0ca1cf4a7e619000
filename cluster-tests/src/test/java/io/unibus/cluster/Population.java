package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Handle;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import io.unibus.protocol.User;
import io.unibus.protocol.UserRole;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotFile;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Users and rooms that a cluster is given before the clients of a test come: each user owns nothing, one identity owns all
 * rooms, and each room has some users and their sealed keys.
 */
final class Population implements SnapshotSource {
    private static final int MEMBERS = 4;
    /** A user and a room, and of each member a membership and a sealed key. */
    private static final int RECORDS_OF_ROOM = 2 + 2 * MEMBERS;

    private static final int ENDPOINT_BYTES = 32;
    private static final int RECORDS_PER_SECOND = 200; // far fewer than there are

    private final Identity owner;
    private final List<Endpoint> users = new ArrayList<>();
    private final Set<RoomId> rooms = new TreeSet<>();
    private final List<SnapshotRecord> records = new ArrayList<>();

    private Population(Identity owner) {
        this.owner = owner;
    }

    /** Of at most so many records, and nearly as many. */
    static Population of(int count, Random random) {
        Population population = new Population(Identity.generate(Randoms.secure(random)));
        Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
        int size = count / RECORDS_OF_ROOM;
        for (int i = 0; i < size; i++) {
            population.addUser(random, now);
        }
        for (int i = 0; i < size; i++) {
            population.addRoom(new RoomId("settled-" + i), i, random, now);
        }
        population.records.sort(SnapshotRecord.BY_KEY);
        return population;
    }

    private void addUser(Random random, Instant now) {
        byte[] bytes = new byte[ENDPOINT_BYTES];
        random.nextBytes(bytes);
        Endpoint endpoint = Endpoint.ofPublicKey(bytes);
        users.add(endpoint);
        records.add(new SnapshotRecord.OfUser(
                User.active(endpoint, new Handle("settler-" + users.size()), UserRole.MEMBER, now)));
    }

    private void addRoom(RoomId id, int number, Random random, Instant now) {
        rooms.add(id);
        records.add(new SnapshotRecord.OfRoom(new Room(
                id, Subject.defaultFor(id), Epoch.FIRST, RoomPolicy.DEFAULT, owner.endpoint(), false, now, now)));
        addMember(id, new Member(owner.endpoint(), MemberRole.OWNER, now), random);
        for (int i = 1; i < Math.min(MEMBERS, users.size() + 1); i++) {
            Endpoint member = users.get((number + i) % users.size());
            addMember(id, new Member(member, MemberRole.MEMBER, now), random);
        }
    }

    private void addMember(RoomId room, Member member, Random random) {
        long epoch = Epoch.FIRST.number();
        records.add(new SnapshotRecord.OfMember(room, member));
        records.add(new SnapshotRecord.OfKey(new RoomKey(
                room, Epoch.FIRST, member.endpoint(), FakeKey.of(owner.endpoint(), epoch, member.endpoint(), random))));
    }

    List<Endpoint> users() {
        return users;
    }

    /** By the command that an operator restores a cluster with; nothing may have been written yet. */
    void settleIn(Cluster cluster, Scenario scenario) {
        settle(
                scenario,
                "--nats-url",
                "nats://" + cluster.node(1).nats(),
                "--cluster-key",
                cluster.key().toString());
    }

    /** The same for the store of a single node. */
    void settleIn(Path database, Scenario scenario) {
        settle(scenario, "--db", database.toString());
    }

    private void settle(Scenario scenario, String... where) {
        Path file = scenario.directory("population.unibus");
        SnapshotFile.write(file, SnapshotFile.Coding.PLAIN, this, Progress.NONE);
        List<String> command = new ArrayList<>(List.of("snapshot", "import", file.toString()));
        command.addAll(List.of(where));
        Unibus unibus = scenario.unibus();
        Unibus.Result imported =
                unibus.run(unibus.builder(command), Duration.ofSeconds(30 + count() / RECORDS_PER_SECOND));
        assertThat(imported.exitCode()).as(imported.errors()).isZero();
    }

    /** Through that node. */
    void requireRooms(ClusterNode node) {
        assertThat(roomsShownBy(node)).as("settled rooms that %s shows", node).isEqualTo(rooms);
    }

    /** Those of its rooms that a node shows now. */
    Set<RoomId> roomsShownBy(ClusterNode node) {
        return new NodeView(node.url(), List.of(owner)).roomsOf(owner.endpoint());
    }

    @Override
    public long count() {
        return records.size();
    }

    @Override
    public SnapshotCursor from(Section first) {
        Iterator<SnapshotRecord> iterator = records.stream()
                .filter(record -> record.section().compareTo(first) >= 0)
                .iterator();
        return new SnapshotCursor() {
            @Override
            public Optional<SnapshotRecord> next() {
                return iterator.hasNext() ? Optional.of(iterator.next()) : Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {}
}
