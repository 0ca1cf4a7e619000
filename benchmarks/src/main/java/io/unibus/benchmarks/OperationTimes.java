package io.unibus.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** How long each run of one operation took. */
final class OperationTimes {
    private final List<Double> millis = new ArrayList<>();

    /** Runs an operation and notes how long it took. */
    void time(Load.Operation operation) throws Exception {
        long begin = System.nanoTime();
        operation.run();
        millis.add((System.nanoTime() - begin) / 1e6);
    }

    /** Forgets what was noted, as after a warm-up. */
    void clear() {
        millis.clear();
    }

    /** Returns the median in milliseconds. */
    double p50() {
        return Stats.of(millis).median();
    }
}
