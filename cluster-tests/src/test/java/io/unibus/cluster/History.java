package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What clients asked and were answered, and what was done to the nodes meanwhile. Thread-safe. */
final class History {
    private final Queue<Operation> operations = new ConcurrentLinkedQueue<>();
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final Queue<Cure> cures = new ConcurrentLinkedQueue<>();

    private record Cure(Endpoint caller, long begin, long end) {
        Duration time() {
            return Duration.ofNanos(end - begin);
        }

        boolean includes(Operation operation) {
            return operation.caller().equals(caller) && operation.begin() - begin >= 0 && operation.end() - end <= 0;
        }
    }

    void add(Operation operation) {
        operations.add(operation);
    }

    void add(Fault fault) {
        faults.add(fault);
    }

    /** A request that failed was repeated, and answered; {@code begin} is when it was first made. */
    void addCure(Endpoint caller, long begin, long end) {
        cures.add(new Cure(caller, begin, end));
    }

    Duration longestCure() {
        return longest().map(Cure::time).orElse(Duration.ZERO);
    }

    /** Returns the request of the longest cure, each time that it was made. */
    List<Operation> longestCured() {
        return longest()
                .map(cure -> operations.stream().filter(cure::includes).toList())
                .orElse(List.of());
    }

    private Optional<Cure> longest() {
        return cures.stream().max(Comparator.comparing(Cure::time));
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
