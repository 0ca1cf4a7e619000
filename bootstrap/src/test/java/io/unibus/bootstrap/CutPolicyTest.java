package io.unibus.bootstrap;

import static io.unibus.bootstrap.CutPolicy.Decision.RESUME;
import static io.unibus.bootstrap.CutPolicy.Decision.STAY;
import static io.unibus.bootstrap.CutPolicy.Decision.SUSPEND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CutPolicyTest {
    private static final long START = -5_000; // a monotonic clock may be negative

    private static long at(long millis) {
        return (START + millis) * 1_000_000;
    }

    private static CutPolicy.Sight sight(String peers, int clusterSize, int connected) {
        return new CutPolicy.Sight(
                peers.isEmpty()
                        ? List.of()
                        : Arrays.stream(peers.split(" "))
                                .map(Reach.Status::valueOf)
                                .toList(),
                clusterSize,
                connected,
                false);
    }

    private static CutPolicy.Sight sight(String peers) {
        return sight(peers, 0, 0);
    }

    private static CutPolicy.Decision decideTwice(CutPolicy policy, CutPolicy.Sight sight) {
        assertThat(policy.decide(at(1000), sight)).isEqualTo(STAY);
        return policy.decide(at(1250), sight);
    }

    @ParameterizedTest
    @CsvSource({
        "CUT CUT, SUSPEND",
        "CUT DEAD, STAY",
        "CUT PAUSED, STAY",
        "CUT REACHABLE, STAY",
        "CUT UNKNOWN, STAY",
        "UNKNOWN UNKNOWN, STAY",
        "CUT CUT UNKNOWN, STAY",
        "CUT CUT CUT UNKNOWN, SUSPEND",
        "DEAD DEAD, STAY",
        "PAUSED PAUSED, STAY",
        "REACHABLE REACHABLE, STAY",
        "'', STAY",
        "CUT, STAY",
        "CUT CUT DEAD, STAY",
        "CUT CUT CUT, SUSPEND",
        "CUT CUT REACHABLE REACHABLE, STAY",
        "CUT CUT CUT REACHABLE, SUSPEND",
        "CUT CUT CUT CUT, SUSPEND"
    })
    void suspendsOnlyWhereAMajorityCanBeAtWorkElsewhere(String peers, CutPolicy.Decision expected) {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(decideTwice(policy, sight(peers))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "CUT CUT, 5, 2, STAY", // grown: those that are connected are the majority
        "CUT CUT, 5, 0, STAY",
        "CUT CUT CUT, 5, 2, STAY", // grown, and one address is of a server that is gone
        "CUT CUT CUT, 5, 0, SUSPEND",
        "CUT CUT CUT, 5, 1, SUSPEND",
        "CUT CUT CUT, 3, 0, SUSPEND",
        "CUT CUT REACHABLE, 3, 0, STAY"
    })
    void whoeverIsInTheClusterCountsWhetherConfiguredOrNot(
            String peers, int clusterSize, int connected, CutPolicy.Decision expected) {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(decideTwice(policy, sight(peers, clusterSize, connected))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "CUT CUT CUT, 3, STAY",
        "CUT REACHABLE CUT, 3, RESUME", // an address that is no longer of the cluster asks for nothing
        "REACHABLE CUT CUT, 5, RESUME", // the fifth is not configured and may be there
        "REACHABLE CUT CUT CUT, 0, STAY",
        "REACHABLE CUT CUT CUT, 5, STAY",
        "REACHABLE REACHABLE CUT CUT, 5, RESUME"
    })
    void resumesWhereAMajorityMayBeInSight(String peers, int clusterSize, CutPolicy.Decision expected) {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(decideTwice(policy, sight(peers.replaceAll("\\w+", "CUT"), clusterSize, 0)))
                .isEqualTo(SUSPEND);
        assertThat(policy.decide(at(2000), sight(peers, clusterSize, 0))).isEqualTo(expected);
    }

    @Test
    void isNotSuspiciousBeforeASecondWithoutConfirmation() {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(policy.isSuspicious(at(999))).isFalse();
        assertThat(policy.isSuspicious(at(1000))).isTrue();
        policy.confirmed(at(900));
        assertThat(policy.isSuspicious(at(1000))).isFalse();
    }

    @Test
    void isTooLateWhenEveryElectionHasBegun() {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(policy.isSuspicious(at(8_999))).isTrue();
        assertThat(policy.isSuspicious(at(9_000))).isFalse();
        assertThat(policy.decide(at(9_000), sight("CUT CUT"))).isEqualTo(STAY);
    }

    @Test
    void neverSuspendsANodeThatNeverHadAQuorum() {
        assertThat(new CutPolicy().decide(at(60_000), sight("CUT CUT"))).isEqualTo(STAY);
    }

    private static CutPolicy suspended() {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(decideTwice(policy, sight("CUT CUT"))).isEqualTo(SUSPEND);
        return policy;
    }

    @Test
    void resumesAtOnceWhenEnoughServersCanBeReached() {
        CutPolicy policy = suspended();
        assertThat(policy.decide(at(2000), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(2250), sight("CUT PAUSED"))).isEqualTo(STAY);
        assertThat(policy.decide(at(2500), sight("CUT REACHABLE"))).isEqualTo(RESUME);
        assertThat(policy.isSuspended()).isFalse();
    }

    @Test
    void resumesWhenHostsStayInSightWithoutServersSoThatNotAllStaySuspended() {
        CutPolicy policy = suspended();
        assertThat(policy.decide(at(2000), sight("CUT DEAD"))).isEqualTo(STAY);
        assertThat(policy.decide(at(2250), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(2500), sight("CUT STRANGER"))).isEqualTo(STAY);
        assertThat(policy.decide(at(3250), sight("CUT DEAD"))).isEqualTo(STAY);
        assertThat(policy.decide(at(3500), sight("CUT DEAD"))).isEqualTo(RESUME);
    }

    @Test
    void doesNotSuspendAgainSoonAfterItResumed() {
        CutPolicy policy = suspended();
        assertThat(policy.decide(at(2000), sight("CUT REACHABLE"))).isEqualTo(RESUME);
        policy.confirmed(at(3000));
        assertThat(policy.decide(at(12_600), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(12_900), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(13_000), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(13_250), sight("CUT CUT"))).isEqualTo(SUSPEND);
    }

    @Test
    void neverSuspendsWhereTheMajorityOfABucketCanBe() {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        CutPolicy.Sight sight = new CutPolicy.Sight(Collections.nCopies(3, Reach.Status.CUT), 5, 0, true);
        assertThat(decideTwice(policy, sight)).isEqualTo(STAY);
    }

    @Test
    void suspendsOnlyAfterTwoLooksInARow() {
        CutPolicy policy = new CutPolicy();
        policy.confirmed(at(0));
        assertThat(policy.decide(at(1000), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(1250), sight("CUT UNKNOWN"))).isEqualTo(STAY);
        assertThat(policy.decide(at(1500), sight("CUT CUT"))).isEqualTo(STAY);
        policy.confirmed(at(1600));
        assertThat(policy.decide(at(2600), sight("CUT CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(2850), sight("CUT CUT"))).isEqualTo(SUSPEND);
    }

    @Test
    void resumesWhenNothingCanBeToldOfAnyPeerForTenSeconds() {
        CutPolicy policy = suspended();
        assertThat(policy.decide(at(2000), sight("UNKNOWN UNKNOWN"))).isEqualTo(STAY);
        assertThat(policy.decide(at(9000), sight("UNKNOWN CUT"))).isEqualTo(STAY);
        assertThat(policy.decide(at(10_000), sight("UNKNOWN UNKNOWN"))).isEqualTo(STAY);
        assertThat(policy.decide(at(19_999), sight("UNKNOWN UNKNOWN"))).isEqualTo(STAY);
        assertThat(policy.decide(at(20_000), sight("UNKNOWN UNKNOWN"))).isEqualTo(RESUME);
    }
}
