package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QuorumGuardTest {
    private static final Peer SELF = new Peer("127.0.0.1", 1);

    private final FakeTime time = new FakeTime();
    private final FakeBuckets buckets = new FakeBuckets();
    private final List<String> child = new ArrayList<>();
    private final FakeServers servers = new FakeServers();
    private final Map<Integer, Reach.Status> statuses = new HashMap<>();
    private Membership membership = Membership.UNKNOWN;
    private Reach.Status others = Reach.Status.REACHABLE;
    private QuorumGuard guard = guard(1, 2, 3);
    private int probes;

    private QuorumGuard guard(int... ports) {
        return new QuorumGuard(
                "n1",
                new Peer("0.0.0.0", 1),
                Arrays.stream(ports)
                        .mapToObj(port -> new Peer("127.0.0.1", port))
                        .toList(),
                buckets,
                this::probe,
                servers,
                () -> membership,
                new ChildControl() {
                    @Override
                    public void suspend(String reason) {
                        child.add("suspend " + reason);
                    }

                    @Override
                    public void resume(String reason) {
                        child.add("resume");
                    }

                    @Override
                    public void restart(String reason) {
                        child.add("restart");
                    }
                },
                time.timing());
    }

    /** The server nX listens at the port X, and at X + 100 under another name of its host. */
    private List<Reach> probe(List<Peer> peers) {
        probes++;
        List<Reach> reached = peers.stream().map(this::probe).toList();
        if (reached.stream().anyMatch(reach -> reach.status() == Reach.Status.CUT)) {
            time.pass(Duration.ofMillis(PeerProbes.CONNECT_MILLIS));
        }
        return reached;
    }

    private Reach probe(Peer peer) {
        int server = peer.port() % 100;
        Reach.Status status = peer.equals(SELF) ? Reach.Status.REACHABLE : statuses.getOrDefault(server, others);
        return new Reach(peer, status, status == Reach.Status.REACHABLE ? "n" + server : "", "", "");
    }

    @BeforeEach
    void begin() throws InterruptedException {
        buckets.silence = time::pass;
        begin(guard);
    }

    private void begin(QuorumGuard beginning) throws InterruptedException {
        guard = beginning;
        guard.opened();
        guard.begin();
        probes = 0;
        tick(Duration.ofSeconds(2));
    }

    private void loseTwoAndThree() {
        statuses.put(2, Reach.Status.CUT);
        statuses.put(3, Reach.Status.CUT);
        buckets.quorum = false;
    }

    @Test
    void leavesAServerAloneThatIsOfTheMajorityOfAGrownCluster() throws InterruptedException {
        membership = new Membership(5, Map.of());
        servers.peers = Optional.of(Set.of("n2", "n3", "n4", "n5"));
        loseTwoAndThree();
        tick(Duration.ofSeconds(8)); // until n1, n4 and n5 have a leader
        assertThat(child).isEmpty();

        statuses.put(9, Reach.Status.CUT);
        buckets.quorum = true;
        begin(guard(1, 2, 3, 9));
        buckets.quorum = false;
        tick(Duration.ofSeconds(8));
        assertThat(child).isEmpty();
    }

    @Test
    void anAddressThatIsNoLongerOfTheClusterDoesNotKeepTheServerDown() throws InterruptedException {
        membership = new Membership(3, Map.of());
        statuses.put(9, Reach.Status.CUT);
        begin(guard(1, 2, 3, 9));
        loseTwoAndThree();
        tick(Duration.ofSeconds(4));
        assertThat(child).hasSize(1);

        statuses.put(2, Reach.Status.REACHABLE);
        tick(Duration.ofMillis(500));
        assertThat(child).hasSize(2).endsWith("resume");
    }

    private void cutOffFromThreeToFive() throws InterruptedException {
        servers.peers = Optional.of(Set.of("n2", "n3", "n4", "n5"));
        begin(guard(1, 2, 3, 4, 5));
        for (int server = 3; server <= 5; server++) {
            statuses.put(server, Reach.Status.CUT);
        }
        buckets.quorum = false;
        tick(Duration.ofSeconds(4));
    }

    @Test
    void leavesAServerAloneOnTheSideOfFewerServersWithTheMajorityOfABucket() throws InterruptedException {
        membership = new Membership(5, Map.of(Bucket.ROOMS, Set.of("n1", "n2", "n3")));
        cutOffFromThreeToFive();
        assertThat(child).isEmpty();
    }

    @Test
    void endsAServerOnTheSideOfFewerServersWhoseBucketsAreElsewhere() throws InterruptedException {
        membership = new Membership(
                5, Map.of(Bucket.ROOMS, Set.of("n1", "n3", "n4"), Bucket.USERS, Set.of("n2", "n3", "n4")));
        cutOffFromThreeToFive();
        assertThat(child).hasSize(1);
    }

    @Test
    void aServerThatIsConfiguredTwiceCountsOnce() throws InterruptedException {
        begin(guard(1, 2, 102, 3, 4, 5));
        loseTwoAndThree();
        tick(Duration.ofSeconds(4));
        assertThat(child).isEmpty();

        statuses.put(4, Reach.Status.CUT);
        buckets.quorum = true;
        tick(Duration.ofSeconds(1));
        buckets.quorum = false;
        tick(Duration.ofSeconds(4));
        assertThat(child).hasSize(1);
        statuses.put(2, Reach.Status.REACHABLE);
        statuses.put(5, Reach.Status.CUT);
        tick(Duration.ofSeconds(4));
        assertThat(child).hasSize(1);
    }

    @Test
    void learnsTheNameOfAServerThatComesLater() throws InterruptedException {
        statuses.put(2, Reach.Status.DEAD);
        begin(guard(1, 2, 102, 3));
        statuses.clear();
        tick(Duration.ofSeconds(31));
        assertThat(probes).isEqualTo(1);
        tick(Duration.ofSeconds(60));
        assertThat(probes).as("all have names").isEqualTo(1);

        statuses.put(2, Reach.Status.CUT);
        buckets.quorum = false;
        tick(Duration.ofSeconds(4));
        assertThat(child).isEmpty();
    }

    private void tick(Duration duration) throws InterruptedException {
        Duration end = time.elapsed().plus(duration);
        while (time.elapsed().compareTo(end) < 0) {
            guard.tick();
            time.pass(Duration.ofMillis(250));
        }
    }

    @Test
    void looksAtNobodyWhileWritesAreConfirmed() {
        assertThat(probes).isZero();
        assertThat(child).isEmpty();
        assertThat(guard.unconfirmedWrites()).isZero();
    }

    @Test
    void endsTheServerWithinTwoAndAHalfSecondsOfACutAndStartsItAfterwards() throws InterruptedException {
        while (!guard.sinceConfirmed().isZero()) {
            guard.tick();
            time.pass(Duration.ofMillis(guard.sinceConfirmed().isZero() ? 0 : 250));
        }
        buckets.quorum = false; // at the worst moment, right after a write was acknowledged
        others = Reach.Status.CUT;
        Duration cut = time.elapsed();
        while (child.isEmpty()) {
            time.pass(Duration.ofMillis(250));
            guard.tick();
            assertThat(time.elapsed().minus(cut)).isLessThan(Duration.ofMillis(2500));
        }

        assertThat(child).hasSize(1);
        assertThat(child.get(0))
                .startsWith("suspend no quorum has confirmed a write for ")
                .endsWith("127.0.0.1:2 cannot be reached, 127.0.0.1:3 cannot be reached");
        assertThat(guard.suspended()).isPresent();

        tick(Duration.ofSeconds(20));
        assertThat(child).hasSize(1);

        others = Reach.Status.REACHABLE;
        tick(Duration.ofMillis(250));
        assertThat(child).hasSize(2).endsWith("resume");
        assertThat(guard.suspended()).isEmpty();
        assertThat(guard.suspensions()).isEqualTo(1);
    }

    @Test
    void aCutRightAfterTheOpeningIsOneToo() throws InterruptedException {
        buckets.quorum = false;
        begin(guard(1, 2, 3));
        others = Reach.Status.CUT;
        tick(Duration.ofSeconds(2));
        assertThat(child).hasSize(1);
    }

    /** As a server with groups of this size says of itself when it is started. */
    private void opening(int clusterSize) throws InterruptedException {
        servers.reports = List.of(new ServerReport("n1", "ID", "2.15.1", "", clusterSize, List.of(), Map.of()));
        servers.peers = Optional.of(Set.of());
        buckets.quorum = false;
        guard = guard(1, 2, 3);
        guard.opening();
        guard.begin();
    }

    @Test
    void endsAServerThatIsStartedWhileCutOffAndStartsItForTheOpeningAfterwards() throws InterruptedException {
        others = Reach.Status.CUT;
        opening(3);
        tick(Duration.ofSeconds(1));
        assertThat(child).hasSize(1);
        assertThat(child.get(0)).startsWith("suspend the store has not opened for ");
        servers.reports = List.of();
        tick(Duration.ofSeconds(5));
        assertThat(child).hasSize(1);
        assertThat(guard.unconfirmedWrites()).isZero();

        others = Reach.Status.REACHABLE;
        tick(Duration.ofMillis(250));
        assertThat(child).hasSize(2).endsWith("resume");
        buckets.quorum = true;
        guard.opened();
        tick(Duration.ofSeconds(20));
        buckets.quorum = false;
        others = Reach.Status.CUT;
        tick(Duration.ofSeconds(3));
        assertThat(child).as("a cut after the opening").hasSize(3);
    }

    @Test
    void leavesAServerAloneThatIsStartedWhereOthersMayBeOrNothingIsKnown() throws InterruptedException {
        others = Reach.Status.CUT;
        for (int clusterSize : new int[] {0, 5}) {
            opening(clusterSize);
            tick(Duration.ofSeconds(12));
        }
        others = Reach.Status.DEAD;
        opening(3);
        tick(Duration.ofSeconds(12));
        assertThat(child).isEmpty();
    }

    @Test
    void leavesTheServerAloneWhenThePeersAreDead() throws InterruptedException {
        buckets.quorum = false;
        others = Reach.Status.DEAD;
        tick(Duration.ofSeconds(20));
        assertThat(child).isEmpty();
        assertThat(guard.unconfirmedWrites()).isPositive();
    }
}
