package io.unibus.cluster;

import io.unibus.client.Identity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Measures how long a peer's message takes to its own inbox and back, one after the other, until it is ended. One thread. */
final class EchoMeter {
    /** Leaves the processor to what is measured. */
    private static final Duration PAUSE = Duration.ofMillis(5);

    private final BusMember member;
    private final Identity identity;
    private final List<Long> millis = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean over;

    /** @param member must be connected to the bus as this identity */
    EchoMeter(BusMember member, Identity identity) {
        this.member = member;
        this.identity = identity;
    }

    /** Measures until {@link #end}; fails when an echo stays away. */
    void run() {
        while (!over) {
            long begin = System.nanoTime();
            if (!member.hearsOwnInbox(identity)) {
                throw new AssertionError("no echo");
            }
            millis.add((System.nanoTime() - begin) / 1_000_000);
            Await.pause(PAUSE);
        }
    }

    void end() {
        over = true;
    }

    /** Returns all in a sentence. */
    @Override
    public String toString() {
        List<Long> sorted;
        synchronized (millis) {
            sorted = millis.stream().sorted().toList();
        }
        return String.format(
                Locale.ROOT,
                "%d echoes of another peer: median %d ms, p99 %d ms, most %d ms",
                sorted.size(),
                sorted.get(sorted.size() / 2),
                sorted.get(sorted.size() * 99 / 100),
                sorted.get(sorted.size() - 1));
    }
}
