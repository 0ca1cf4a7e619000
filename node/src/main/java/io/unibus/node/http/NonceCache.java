package io.unibus.node.http;

import io.unibus.protocol.Endpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The nonces of verified requests, each remembered for at least the time in which its request could be replayed. Bounded per
 * endpoint and in all. Thread-safe.
 */
final class NonceCache {
    /** The result of entering a nonce. */
    enum Outcome {
        FRESH,
        SEEN,
        /** More than can be remembered were shown in a short time. */
        TOO_MANY
    }

    private static final int MOST_PER_ENDPOINT = 100_000;
    private static final int MOST = 200_000;

    private final Duration lifetime;
    private final LongSupplier nanoTime;
    /** The nonces of the present period, which is as long as a nonce lives. */
    private Map<Endpoint, Set<String>> present = new HashMap<>();

    /** The nonces of the period before. */
    private Map<Endpoint, Set<String>> past = new HashMap<>();

    private int presentSize;
    private long periodBegin;

    /** @param lifetime for how long at least a nonce is remembered */
    NonceCache(Duration lifetime, LongSupplier nanoTime) {
        this.lifetime = lifetime;
        this.nanoTime = nanoTime;
        this.periodBegin = nanoTime.getAsLong();
    }

    /** Enters a nonce that an endpoint has signed, unless it is there. */
    synchronized Outcome enter(Endpoint endpoint, String nonce) {
        turnPeriod();
        if (past.getOrDefault(endpoint, Set.of()).contains(nonce)) {
            return Outcome.SEEN;
        }
        Set<String> own = present.computeIfAbsent(endpoint, first -> new HashSet<>());
        if (own.contains(nonce)) {
            return Outcome.SEEN;
        }
        if (own.size() >= MOST_PER_ENDPOINT || presentSize >= MOST) {
            return Outcome.TOO_MANY;
        }
        own.add(nonce);
        presentSize++;
        return Outcome.FRESH;
    }

    private void turnPeriod() {
        long age = nanoTime.getAsLong() - periodBegin;
        if (age < lifetime.toNanos()) {
            return;
        }
        past = age < 2 * lifetime.toNanos() ? present : new HashMap<>();
        present = new HashMap<>();
        presentSize = 0;
        periodBegin = nanoTime.getAsLong();
    }
}
