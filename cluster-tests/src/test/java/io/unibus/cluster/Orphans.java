package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The processes that a killed node left behind, until they have ended by themselves. */
final class Orphans {
    private static final Duration LIMIT = Duration.ofSeconds(1);

    private final long killedAt;
    private final List<Proc> processes;
    private Duration time = Duration.ZERO;

    private Orphans(long killedAt, List<Proc> processes) {
        this.killedAt = killedAt;
        this.processes = processes;
    }

    /** Kills the node. Looked for before, because they end sooner than a search takes, and after, for those just born. */
    static Orphans of(NodeProcess node) {
        Set<Proc> processes = new LinkedHashSet<>(Proc.touching(node.dataDirectory()));
        processes.removeIf(process -> process.pid() == node.pid());
        long killedAt = System.nanoTime();
        node.killJvm();
        processes.addAll(Proc.touching(node.dataDirectory()));
        return new Orphans(killedAt, List.copyOf(processes));
    }

    /** Whether there were any. */
    boolean any() {
        return !processes.isEmpty();
    }

    /** How long after the kill the last of them was seen to be gone, which must be within a second. */
    Duration awaitEnd() {
        if (any() && time.isZero()) {
            Await.until(
                    "the end of " + processes,
                    LIMIT.multipliedBy(5),
                    () -> processes.stream().noneMatch(Proc::isRunning));
            time = Duration.ofNanos(System.nanoTime() - killedAt);
        }
        assertThat(time).as("time until %s had ended", processes).isLessThan(LIMIT);
        return time;
    }
}
