package io.unibus.bootstrap;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** The nodes that were heard of, and what is odd about them. Thread-safe. */
final class Roster {
    private static final Duration ALIVE = Duration.ofSeconds(3);
    /** The same as for signed requests: beyond it they are refused. */
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(30);
    /** One late message is no wrong clock: the least of the last three counts. */
    private static final int OFFSETS = 3;

    private final String ownName;
    private final String ownInstance;
    private final String ownVersion;
    private final String ownBusAuth;
    private final LongSupplier nanoTime;
    private final Map<String, Heard> byInstance = new LinkedHashMap<>();

    Roster(String ownName, String ownInstance, String ownVersion, String ownBusAuth, LongSupplier nanoTime) {
        this.ownName = ownName;
        this.ownInstance = ownInstance;
        this.ownVersion = ownVersion;
        this.ownBusAuth = ownBusAuth;
        this.nanoTime = nanoTime;
    }

    private static final class Heard {
        private final long firstNanos;
        private long lastNanos;
        private Heartbeat heartbeat;
        private final List<Duration> offsets = new ArrayList<>();

        Heard(Heartbeat heartbeat, long nanos) {
            this.heartbeat = heartbeat;
            this.firstNanos = nanos;
            this.lastNanos = nanos;
        }

        void again(Heartbeat next, long nanos, Duration offset) {
            heartbeat = next;
            lastNanos = nanos;
            offsets.add(offset);
            if (offsets.size() > OFFSETS) {
                offsets.remove(0);
            }
        }

        /** How far its clock is ahead of ours. */
        Duration offset() {
            return offsets.size() < OFFSETS
                    ? Duration.ZERO
                    : offsets.stream().min(Comparator.comparing(Duration::abs)).orElse(Duration.ZERO);
        }
    }

    /** @param ourTime this node's clock when the message arrived */
    synchronized void heard(Heartbeat heartbeat, Instant ourTime) {
        if (heartbeat.instance().equals(ownInstance)) {
            return;
        }
        long now = nanoTime.getAsLong();
        byInstance
                .computeIfAbsent(heartbeat.instance(), instance -> new Heard(heartbeat, now))
                .again(heartbeat, now, Duration.between(ourTime, heartbeat.time()));
        byInstance.values().removeIf(heard -> now - heard.lastNanos > 20 * ALIVE.toNanos());
    }

    /** The other nodes heard of within 3 seconds, by name; the latest process of each. */
    synchronized List<Heartbeat> alive() {
        Map<String, Heartbeat> byName = new TreeMap<>();
        present().stream()
                .sorted(Comparator.comparingLong(heard -> heard.firstNanos))
                .forEach(heard -> byName.put(heard.heartbeat.name(), heard.heartbeat));
        return List.copyOf(byName.values());
    }

    private Collection<Heard> present() {
        long now = nanoTime.getAsLong();
        return byInstance.values().stream()
                .filter(heard -> now - heard.lastNanos < ALIVE.toNanos())
                .toList();
    }

    /** Sentences by condition; a condition is another one when it has become twice as bad. */
    synchronized Map<String, String> problems() {
        Map<String, String> problems = new TreeMap<>();
        Collection<Heard> present = present();
        for (Heard heard : present) {
            Heartbeat node = heard.heartbeat;
            if (node.name().equals(ownName)) {
                problems.put(
                        "name " + ownName,
                        "another node is also named " + ownName + " (" + node.http()
                                + "); names are unique in a cluster (--name)");
            } else if (present.stream().anyMatch(other -> isNamesake(heard, other))) {
                problems.put("name " + node.name(), "two nodes are named " + node.name() + " (--name)");
            }
            Duration offset = heard.offset();
            if (offset.abs().compareTo(CLOCK_TOLERANCE) > 0) {
                problems.put(
                        "clock " + node.name() + " " + magnitude(offset),
                        "the clock of node " + node.name() + " is "
                                + offset.abs().toSeconds() + " s "
                                + (offset.isNegative() ? "behind" : "ahead of")
                                + " this node's; signed requests are refused at "
                                + CLOCK_TOLERANCE.toSeconds() + " s");
            }
            if (!node.version().equals(ownVersion)) {
                problems.put(
                        "version " + node.name() + " " + node.version(),
                        "node " + node.name() + " has version " + node.version() + ", this one " + ownVersion);
            }
            if (!node.busAuth().equals(ownBusAuth)) {
                problems.put(
                        "bus-auth " + node.name() + " " + node.busAuth(),
                        "node " + node.name() + " has bus-auth " + node.busAuth() + ", this one " + ownBusAuth
                                + ": the cluster is as open as its most open node");
            }
        }
        return problems;
    }

    /** A process that goes on after the other began is not its predecessor. */
    private static boolean isNamesake(Heard older, Heard other) {
        return older != other
                && older.heartbeat.name().equals(other.heartbeat.name())
                && older.firstNanos <= other.firstNanos
                && older.lastNanos > other.firstNanos;
    }

    private static String magnitude(Duration offset) {
        long seconds = offset.toSeconds();
        return (seconds < 0 ? "-" : "+") + (63 - Long.numberOfLeadingZeros(Math.abs(seconds)));
    }
}
