package io.unibus.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** What may be given with {@code -D} to make a test longer, or to repeat one. */
final class Settings {
    private Settings() {}

    /** How often the Java process is killed. */
    static int killRounds() {
        return Integer.getInteger("unibus.kill.rounds", 6);
    }

    /** How long many clients work at once. */
    static Duration load() {
        return Duration.ofSeconds(Long.getLong("unibus.load.seconds", 8));
    }

    /** How long random faults go on. */
    static Duration chaos() {
        return Duration.ofSeconds(
                Math.round(60 * Double.parseDouble(System.getProperty("unibus.chaos.minutes", "0.5"))));
    }

    /** Returns the kinds of random faults: all, or those of a list with commas. */
    static List<FaultKind> chaosKinds() {
        String names = System.getProperty("unibus.chaos.kinds", "");
        return names.isEmpty()
                ? List.of(FaultKind.values())
                : Stream.of(names.split(",", -1)).map(FaultKind::valueOf).toList();
    }

    /** How often each fault of a node is repeated. */
    static int rounds() {
        return Integer.getInteger("unibus.rounds", 1);
    }

    /** How often somebody is revoked, or let into a room, while connected. */
    static int revocations() {
        return Integer.getInteger("unibus.revocations", 5);
    }

    /** How often a stranger tries to log in, and fails. */
    static int refusedLogins() {
        return Integer.getInteger("unibus.refused.logins", 1_000);
    }

    /** Returns how often the certificate of the nodes is renewed. */
    static int renewals() {
        return Integer.getInteger("unibus.renewals", 2);
    }

    /** How many other connections each node has meanwhile. */
    static int crowd() {
        return Integer.getInteger("unibus.crowd", 50);
    }

    /** Returns how many connections of jnats each node has over TLS, of which each takes eight threads of the test. */
    static int crowdOverTls() {
        return Integer.getInteger("unibus.crowd", 10);
    }

    /** How often two nodes race to change the key of one room. */
    static int races() {
        return Integer.getInteger("unibus.races", 50);
    }

    /** How many records are there when replicas are raised. */
    static int records() {
        return Integer.getInteger("unibus.records", 2_000);
    }

    /** How long decisions are asked for on a node without a quorum. */
    static Duration quorumLoss() {
        return Duration.ofSeconds(Long.getLong("unibus.quorum.seconds", 6));
    }

    /** Of {@code -Dunibus.seed}, or fresh; printed, so that the same choices can be made again. */
    static Random random() {
        long seed = Long.getLong("unibus.seed", System.nanoTime());
        System.out.println("random seed " + seed + " (repeat with -Dunibus.seed=" + seed + ")");
        return new Random(seed);
    }
}
