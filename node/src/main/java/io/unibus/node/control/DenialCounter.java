package io.unibus.node.control;

import io.unibus.protocol.Endpoint;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.inject.Inject;
import javax.inject.Singleton;

/**
 * Counts who is denied with bus-auth {@code enforce} and why, and with {@code soft} who would be: the evidence that a rollout waits for.
 * Kept in memory, for at most {@value #MOST} endpoints and reasons; those beyond are counted without their endpoint.
 * Thread-safe.
 */
@Singleton
public final class DenialCounter {
    static final int MOST = 10_000;

    private final InstantSource clock;
    private final Map<Key, Count> counts = new HashMap<>();

    @Inject
    public DenialCounter(InstantSource clock) {
        this.clock = clock;
    }

    /** A way into the node. */
    public enum Door {
        HTTP("http"),
        BUS("bus");

        private final String key;

        Door(String key) {
            this.key = key;
        }

        /** Returns the stable word for it. */
        public String key() {
            return key;
        }
    }

    private record Key(Door door, Optional<Endpoint> endpoint, DenialReason reason) {}

    private record Count(long number, Instant last) {}

    /**
     * A number of requests, logins or subscriptions of one endpoint that are refused for one reason, or would be.
     *
     * @param endpoint as which the caller came, proven or not; empty for those who named none
     * @param last when it came last
     */
    public record Denial(Door door, Optional<Endpoint> endpoint, DenialReason reason, long count, Instant last) {}

    /** Counts one request, login or subscription. */
    public synchronized void count(Door door, Optional<Endpoint> endpoint, DenialReason reason) {
        Key key = new Key(door, endpoint, reason);
        if (counts.size() >= MOST && !counts.containsKey(key)) {
            key = new Key(door, Optional.empty(), reason);
        }
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        counts.merge(key, new Count(1, now), (old, one) -> new Count(old.number() + 1, now));
    }

    /** Returns all, those with the most first. */
    public synchronized List<Denial> all() {
        List<Denial> denials = new ArrayList<>();
        counts.forEach((key, count) ->
                denials.add(new Denial(key.door(), key.endpoint(), key.reason(), count.number(), count.last())));
        denials.sort(Comparator.comparingLong(Denial::count).reversed());
        return denials;
    }

    /** Returns how often any endpoint was counted for a reason. */
    public synchronized long total(Door door, DenialReason reason) {
        return counts.entrySet().stream()
                .filter(entry -> entry.getKey().door() == door && entry.getKey().reason() == reason)
                .mapToLong(entry -> entry.getValue().number())
                .sum();
    }
}
