package io.unibus.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How long no write was acknowledged around faults: for each fault the worst of the steady writers whose nodes it left
 * alone, from its beginning until it was undone, and from then until all nodes were ready.
 */
final class WriteGaps {
    private static final String LASTED = ", while it lasted";
    private static final String RETURN = ", at the return";

    private final Map<String, List<Duration>> byKind = new TreeMap<>();

    static WriteGaps of(Workload workload) {
        WriteGaps gaps = new WriteGaps();
        for (Fault fault : workload.history().faults()) {
            List<Times> writers = workload.writers().stream()
                    .filter(writer -> !fault.nodes().contains(writer.node())
                            && !fault.withoutQuorum().contains(writer.node()))
                    .map(SteadyWriter::acknowledgements)
                    .toList();
            if (!writers.isEmpty()) {
                gaps.add(fault.kind() + LASTED, writers, fault.begin(), fault.healing());
                gaps.add(fault.kind() + RETURN, writers, fault.healing(), fault.recovered());
            }
        }
        return gaps;
    }

    private void add(String name, List<Times> writers, long begin, long end) {
        Duration worst = writers.stream()
                .map(times -> times.longestGap(begin, end))
                .max(Duration::compareTo)
                .orElseThrow();
        byKind.computeIfAbsent(name, first -> new ArrayList<>()).add(worst);
    }

    void print() {
        System.out.printf("  write gap, ms        %9s %9s %7s%n", "median", "maximum", "faults");
        byKind.forEach((name, gaps) -> {
            List<Duration> sorted = new ArrayList<>(gaps);
            Collections.sort(sorted);
            System.out.printf(
                    "  %-34s %9d %9d %7d%n",
                    name,
                    sorted.get(sorted.size() / 2).toMillis(),
                    sorted.get(sorted.size() - 1).toMillis(),
                    sorted.size());
        });
    }
}
