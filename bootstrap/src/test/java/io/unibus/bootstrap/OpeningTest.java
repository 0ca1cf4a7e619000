package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unibus.store.jetstream.Bucket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OpeningTest {
    private final FakeTime time = new FakeTime();
    private final FakeBuckets buckets = new FakeBuckets();
    private int explained;

    private Bootstrap.Opened open(int target) {
        return new Opening(
                        buckets,
                        target,
                        Duration.ofMinutes(2),
                        () -> {
                            explained++;
                            return "peers not connected: n3";
                        },
                        time,
                        time.timing())
                .run();
    }

    @Test
    void createsEveryBucketAtTheTargetAndRecordsThatTheClusterHasFormed() {
        assertThat(open(3).replicas()).isEqualTo(3);

        assertThat(buckets.changes).hasSize(Bucket.values().length).allMatch(change -> change.matches("create \\w+ 3"));
        assertThat(buckets.formed).isTrue();
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void changesNothingWhereEverythingIsThere() {
        for (Bucket bucket : Bucket.values()) {
            buckets.present.put(bucket, buckets.status(3, true));
        }
        open(3);
        assertThat(buckets.changes).isEmpty();
    }

    @Test
    void asksAgainSoonUntilThereIsAMetaLeader() {
        buckets.metaLeader = false;
        time.afterSleep(() -> buckets.metaLeader = time.elapsed().toMillis() > 700);

        open(3);

        assertThat(time.elapsed()).isBetween(Duration.ofMillis(700), Duration.ofMillis(1200));
    }

    @Test
    void createsOneReplicaAfterTwoSecondsOfTooFewServersAndRaisesWhenTheyCome() {
        buckets.servers = 2;
        time.afterSleep(() -> buckets.servers = time.elapsed().toSeconds() >= 20 ? 3 : 2);

        assertThat(open(3).replicas()).isEqualTo(3);

        assertThat(buckets.changes)
                .contains("create ROOMS 1", "create USERS 1", "configure ROOMS 3", "configure USERS 3");
        assertThat(time.elapsed()).isGreaterThan(Duration.ofSeconds(20));
    }

    @Test
    void opensAFormedClusterWithOneServerMissing() {
        for (Bucket bucket : Bucket.values()) {
            buckets.present.put(bucket, buckets.status(3, true));
        }
        buckets.servers = 2;
        buckets.formed = true;

        open(3);

        assertThat(buckets.changes).isEmpty();
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void doesNotOpenAFormedClusterWithoutAQuorum() {
        for (Bucket bucket : Bucket.values()) {
            buckets.present.put(bucket, buckets.status(3, true));
        }
        buckets.formed = true;
        buckets.quorum = false;

        assertThatThrownBy(() -> open(3))
                .isInstanceOf(BootstrapException.class)
                .hasMessage("the store did not open within 120 s: no quorum of bucket UNIBUS_rooms takes a write;"
                        + " peers not connected: n3");
    }

    @Test
    void waitsUntilTheReplicasOfANewClusterHaveCaughtUp() {
        buckets.lag = 5;
        time.afterSleep(() -> buckets.lag = time.elapsed().toSeconds() >= 3 ? 0 : 5);

        open(3);

        assertThat(time.elapsed()).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void saysAtTheLimitThatANewClusterIsNotWhole() {
        buckets.servers = 2;

        assertThatThrownBy(() -> open(3))
                .hasMessageContaining("the new cluster is not whole: bucket UNIBUS_")
                .hasMessageContaining("has 1 of 3 replicas, 1 of them current; peers not connected: n3");
        assertThat(time.elapsed()).isBetween(Duration.ofMinutes(2), Duration.ofSeconds(121));
        assertThat(explained).as("looks at the peers, every 5 seconds").isBetween(20, 25);
    }

    @Test
    void givesABucketThatDoesNotRepublishItsRepublishingAtTheReplicasItHas() {
        buckets.present.put(Bucket.ROOMS, buckets.status(1, false));

        open(1);

        assertThat(buckets.changes).contains("configure ROOMS 1").doesNotContain("create ROOMS 1");
    }

    @Test
    void endsWhenInterrupted() {
        buckets.metaLeader = false;
        time.afterSleep(() -> Thread.currentThread().interrupt());

        assertThatThrownBy(() -> open(3))
                .isInstanceOf(BootstrapException.class)
                .hasMessageStartingWith("interrupted while the store was opening: bucket UNIBUS_rooms is not open");
        assertThat(Thread.interrupted()).isTrue();
    }
}
