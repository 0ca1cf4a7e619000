package io.unibus.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What clients asked and were answered, and what was done to the nodes meanwhile. Thread-safe. */
final class History {
    private final Queue<Operation> operations = new ConcurrentLinkedQueue<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final Queue<Duration> cures = new ConcurrentLinkedQueue<>();

    void add(Operation operation) {
        operations.add(operation);
    }

    void add(Fault fault) {
        faults.add(fault);
    }

    /** A request that failed was repeated, and answered so long after it was first made. */
    void addCure(Duration time) {
        cures.add(time);
    }

    Duration longestCure() {
        return cures.stream().max(Duration::compareTo).orElse(Duration.ZERO);
    }

    List<Operation> operations() {
        return List.copyOf(operations);
    }

    List<Fault> faults() {
        return List.copyOf(faults);
    }

    /** How often each was answered how. */
    SortedMap<String, Long> answers() {
        SortedMap<String, Long> counts = new TreeMap<>();
        operations.forEach(operation -> counts.merge(operation.name() + ": " + operation.answer(), 1L, Long::sum));
        return counts;
    }
}
