package io.unibus.store.jetstream;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Asks the fences of the views again and again once there is a listener, so that a gap at the end of a feed, which nothing
 * shows while nobody reads or writes, is found within a second. Thread-safe; ends with its timer.
 */
final class ViewRefresher {
    /** Leaves the rest of the second to the fence and to the repair that follows it. */
    private static final Duration INTERVAL = Duration.ofMillis(750);

    private final Timer timer;
    private final List<Fence> fences;
    private final AtomicBoolean started = new AtomicBoolean();

    ViewRefresher(Timer timer, List<Fence> fences) {
        this.timer = timer;
        this.fences = List.copyOf(fences);
    }

    void start() {
        if (started.compareAndSet(false, true)) {
            refresh();
        }
    }

    private void refresh() {
        timer.after(INTERVAL, this::refresh);
        fences.forEach(fence -> {
            var unused = fence.askNow(); // without a quorum there is nothing new to see
        });
    }
}
