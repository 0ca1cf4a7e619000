package io.unibus.node;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** How long the parts of a start took, for the log and the benchmarks. Parts may overlap. Thread-safe. */
final class StartTimes {
    private final LongSupplier nanoTime;
    private final long begin;
    private final Map<String, Duration> parts = new ConcurrentSkipListMap<>();
    private volatile Duration beforeBegin = Duration.ZERO;

    /** Begins to count. */
    StartTimes(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.begin = nanoTime.getAsLong();
    }

    <T> T measure(String part, Supplier<T> work) {
        long start = nanoTime.getAsLong();
        T result = work.get();
        parts.put(part, since(start));
        return result;
    }

    void measure(String part, Runnable work) {
        long start = nanoTime.getAsLong();
        work.run();
        parts.put(part, since(start));
    }

    /** Also counts what was before: the Java machine and the reading of the configuration. Costs 20 ms, once. */
    void findJvmStart() {
        beforeBegin = Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime())
                .minus(since(begin));
        parts.put("java", beforeBegin);
    }

    /** From the start of the Java machine until now. */
    Duration total() {
        return beforeBegin.plus(since(begin));
    }

    private Duration since(long start) {
        return Duration.ofNanos(nanoTime.getAsLong() - start);
    }

    /** For example {@code start took 532 ms: http 31, java 215, nats-server 230, routes 60, store 104}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("start took " + total().toMillis() + " ms");
        String separator = ": ";
        for (Map.Entry<String, Duration> part : parts.entrySet()) {
            text.append(separator)
                    .append(part.getKey())
                    .append(' ')
                    .append(part.getValue().toMillis());
            separator = ", ";
        }
        return text.toString();
    }
}
