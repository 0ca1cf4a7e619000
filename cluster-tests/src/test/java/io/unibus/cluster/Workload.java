package io.unibus.cluster;

import io.unibus.client.ControlPlaneClient;
import io.unibus.client.Identity;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.User;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Clients of all kinds at work on all nodes of a cluster, until they are told to stop. Made by {@link #on}; afterwards
 * {@link Judge} looks at what they saw. Closed by whoever made it.
 */
final class Workload implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration END_LIMIT = Duration.ofSeconds(60);

    private final Cluster cluster;
    private final Identity admin;
    private final List<Identity> crowd;
    /** One owner for each node, and the peer of all. */
    private final List<Identity> steady;

    private final Random random;
    private final History history = new History();
    private final Ledgers rooms = new Ledgers();
    /** Of the steady writers, whom the crowd must not disturb. */
    private final Ledgers steadyRooms = new Ledgers();

    private final List<Circle> races = new ArrayList<>();

    private final UserLedger users = new UserLedger();
    private final List<SteadyWriter> writers = new ArrayList<>();
    private final Workers workers = new Workers();
    private volatile boolean stopped;

    /** Clients and the rooms that only they change. */
    private record Circle(List<Identity> clients, Ledgers rooms) {}

    private Workload(Cluster cluster, int clients, Random random) {
        this.cluster = cluster;
        this.random = random;
        this.admin = identity(random);
        this.crowd = IntStream.range(0, clients).mapToObj(i -> identity(random)).toList();
        this.steady = IntStream.rangeClosed(0, cluster.size())
                .mapToObj(i -> identity(random))
                .toList();
    }

    private static Identity identity(Random random) {
        return Identity.generate(Randoms.secure(random));
    }

    /** At work when it returns; the cluster must be ready. */
    static Workload on(Cluster cluster, int clients, Random random) {
        Workload workload = new Workload(cluster, clients, random);
        cluster.addAdmin(workload.admin.endpoint());
        workload.begin();
        return workload;
    }

    private void begin() {
        List<Endpoint> everyone = endpoints(crowd);
        CrowdClient.Habits habits = new CrowdClient.Habits(60, 12, Duration.ofMillis(10), true);
        for (int i = 0; i < crowd.size(); i++) {
            ClusterClient client = client(crowd.get(i), 1 + i % cluster.size());
            workers.begin(new CrowdClient(client, everyone, rooms, habits, fresh(), this::goesOn));
        }
        workers.begin(new AllowlistClient(
                client(admin, 1),
                cluster.urls(),
                users,
                history,
                Judge.REVOCATION_BOUND.plusSeconds(1),
                fresh(),
                this::goesOn));
        for (ClusterNode node : cluster.nodes()) {
            Identity owner = steady.get(node.number());
            ClusterClient client = ClusterClient.ofOne(node, owner, history);
            RoomWriter writer = new RoomWriter(client, steadyRooms, fresh());
            Endpoint peer = steady.get(0).endpoint();
            SteadyWriter steadyWriter = new SteadyWriter(node.number(), client, writer, peer, this::goesOn);
            writers.add(steadyWriter);
            workers.begin(steadyWriter);
        }
    }

    /** Adds, for each node, two clients who change the key of a room of theirs at once, one of them beginning at that node. */
    Workload withRaces() {
        for (ClusterNode node : cluster.nodes()) {
            Circle race = new Circle(List.of(identity(random), identity(random)), new Ledgers());
            races.add(race);
            for (int i = 0; i < race.clients().size(); i++) {
                ClusterClient client = client(race.clients().get(i), node.number() + i);
                List<Endpoint> racers = endpoints(race.clients());
                workers.begin(new RekeyRacer(client, racers, race.rooms(), fresh(), this::goesOn));
            }
        }
        return this;
    }

    private ClusterClient client(Identity identity, int first) {
        return new ClusterClient(cluster.urls(), identity, first, PATIENCE, history);
    }

    private Random fresh() {
        return new Random(random.nextLong());
    }

    private boolean goesOn() {
        return !stopped;
    }

    Cluster cluster() {
        return cluster;
    }

    History history() {
        return history;
    }

    UserLedger users() {
        return users;
    }

    /**
     * Returns what compares a part of what one node shows with what it must have, and fails when that contradicts; to be run
     * on a cluster at rest. Sealed keys, and rooms whose creation was refused, are for {@link #comparisonsOfAll}.
     */
    Stream<Runnable> comparisons(ClusterNode node) {
        Stream<Runnable> ofRooms = circles()
                .map(circle -> () -> circle.rooms()
                        .check(new NodeView(node.url(), circle.clients()), endpoints(circle.clients()), false));
        return Stream.concat(ofRooms, Stream.of(() -> compareUsers(node)));
    }

    /** Returns what compares a part of all that is in the store of the cluster with what must be there. */
    Stream<Runnable> comparisonsOfAll(StoreView store) {
        return circles().map(circle -> () -> circle.rooms().check(store, endpoints(circle.clients()), true));
    }

    private Stream<Circle> circles() {
        return Stream.concat(Stream.of(new Circle(crowd, rooms), new Circle(steady, steadyRooms)), races.stream());
    }

    private void compareUsers(ClusterNode node) {
        List<User> found =
                new ArrayList<>(ControlPlaneClient.of(node.url(), admin).users());
        found.removeIf(user -> user.endpoint().equals(admin.endpoint()));
        users.check(found);
    }

    private static List<Endpoint> endpoints(List<Identity> identities) {
        return identities.stream().map(Identity::endpoint).toList();
    }

    int rooms() {
        return ledgers().mapToInt(Ledgers::size).sum();
    }

    /** Returns how many changes of rooms were refused, all of which are looked for. */
    int refusals() {
        return ledgers().mapToInt(Ledgers::refusals).sum();
    }

    private Stream<Ledgers> ledgers() {
        return Stream.concat(Stream.of(rooms, steadyRooms), races.stream().map(Circle::rooms));
    }

    /** Returns those whose rooms nobody else changes. */
    Set<Endpoint> soleWriters() {
        return Set.copyOf(endpoints(steady));
    }

    List<SteadyWriter> writers() {
        return writers;
    }

    /** Fails when a client has failed. */
    void requireAtWork() {
        workers.requireNoFailure();
    }

    /** Returns when all clients have had their last answer. */
    void stop() {
        stopped = true;
        workers.awaitEnd(END_LIMIT);
    }

    @Override
    public void close() {
        stopped = true;
        workers.close();
    }
}
