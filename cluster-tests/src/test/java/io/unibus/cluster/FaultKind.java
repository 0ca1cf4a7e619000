package io.unibus.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Random;

/** What can happen to the host of a node, and how it is undone. */
enum FaultKind {
    KILL_JVM(true),
    KILL_CHILD(false),
    KILL_HOST(true),
    PAUSE_JVM(false),
    PAUSE_CHILD(false),
    /** That of the node that leads a bucket. */
    PAUSE_LEADER(false),
    PAUSE_HOST(false),
    STOP(true),
    WIPE(true),
    ISOLATE(false);

    /** Those after which the node has to be started again. */
    private final boolean ends;

    FaultKind(boolean ends) {
        this.ends = ends;
    }

    /** What needs no special network. */
    static List<FaultKind> withoutPartitions() {
        return List.of(values()).stream().filter(kind -> kind != ISOLATE).toList();
    }

    /** Whether two nodes may have it at once without a loss of what was acknowledged. */
    boolean sparesData() {
        return this != WIPE;
    }

    /** Returns how often it is to happen, beside those that happen once. */
    int share() {
        return this == PAUSE_LEADER ? 5 : 1;
    }

    /** Chooses how long it lasts: a paused leader until another was elected, mostly. */
    Duration hold(Random random) {
        return this == PAUSE_LEADER
                ? Duration.ofMillis(5_000L + random.nextInt(7_000))
                : Duration.ofMillis(random.nextInt(6_000));
    }

    /** Whether the node answers requests while it lasts. */
    boolean leavesNodeServing() {
        return this == ISOLATE;
    }

    boolean endsNode() {
        return ends;
    }

    void strike(Cluster cluster, ClusterNode node) {
        switch (this) {
            case KILL_JVM -> node.killJvm();
            case KILL_CHILD -> node.killChild();
            case KILL_HOST -> node.killHost();
            case PAUSE_JVM -> node.pauseJvm();
            case PAUSE_CHILD, PAUSE_LEADER -> node.pauseChild();
            case PAUSE_HOST -> node.pauseHost();
            case STOP -> node.stop();
            case WIPE -> {
                node.killHost();
                node.wipeData();
            }
            case ISOLATE -> cluster.isolate(node.number());
        }
    }

    /** Returns before the node serves again. */
    void undo(Cluster cluster, ClusterNode node) {
        switch (this) {
            case KILL_JVM, KILL_HOST, STOP, WIPE -> node.start();
            case PAUSE_JVM, PAUSE_CHILD, PAUSE_LEADER, PAUSE_HOST -> node.resume();
            case ISOLATE -> cluster.heal();
            case KILL_CHILD -> {
                // the node starts it again by itself
            }
        }
    }
}
