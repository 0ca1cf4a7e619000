package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;

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

    static Orphans of(NodeProcess node) {
        long killedAt = System.nanoTime();
        node.killJvm();
        return new Orphans(killedAt, Proc.touching(node.dataDirectory()));
    }

    /** Whether there were any. */
    boolean any() {
        return !processes.isEmpty();
    }

    /** How long after the kill the last of them was gone, which must be within a second. */
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
