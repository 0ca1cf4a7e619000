package io.unibus.bootstrap;

import java.time.Duration;
import java.util.Optional;

/**
 * Whether a server that is alive but takes no writes is to be started again. After a full disk nats-server stays so even
 * when there is space again. Deterministic; used by one thread.
 */
final class WritePolicy {
    private static final long LEAST_SPACE = 64L << 20;
    /** Of a server whose disk was seen full. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();
    /** Of any other: the longest election that was measured took 9 seconds, and a restart would only prolong it. */
    private static final long LONG_PATIENCE_NANOS = Duration.ofSeconds(20).toNanos();

    private static final Duration LEAST_AGE = Duration.ofSeconds(20);
    private static final long COOL_DOWN_NANOS = Duration.ofSeconds(30).toNanos();
    private static final long HEALTHY_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int MOST_RESTARTS = 5;

    private Optional<Long> troubledSince = Optional.empty();
    private Optional<Long> wellSince = Optional.empty();
    private Optional<Long> lastRestart = Optional.empty();
    private boolean diskWasFull;
    private int restarts;
    private boolean givenUp;

    /**
     * What is to be seen of the server.
     *
     * @param writes why they are not confirmed, empty when they are
     * @param health what the server says is wrong with itself. Of a server whose disk was not full it does not count: one
     *     that is just catching up says so, and would begin anew.
     * @param peersConnected whether enough of them are for a quorum: otherwise it is no fault of this server
     * @param usableBytes of the disk that its store is on
     */
    record Sight(
            Optional<String> writes,
            Optional<String> health,
            boolean peersConnected,
            long usableBytes,
            Duration childAge) {}

    /** What to do, and why. */
    record Verdict(boolean restart, String reason) {}

    /** Empty when there is nothing to do or to say. */
    Optional<Verdict> decide(long now, Sight sight) {
        boolean full = sight.usableBytes() < LEAST_SPACE;
        diskWasFull = diskWasFull || full;
        Optional<String> trouble = sight.writes().or(() -> diskWasFull ? sight.health() : Optional.empty());
        if (trouble.isEmpty()) {
            well(now, full);
            return Optional.empty();
        }
        wellSince = Optional.empty();
        if (!sight.peersConnected() || full) {
            troubledSince = Optional.empty();
            return Optional.empty();
        }
        long since = troubledSince.orElse(now);
        troubledSince = Optional.of(since);
        boolean patient = now - since < (diskWasFull ? PATIENCE_NANOS : LONG_PATIENCE_NANOS);
        boolean cooling = lastRestart.map(last -> now - last < COOL_DOWN_NANOS).orElse(false);
        if (patient || cooling || sight.childAge().compareTo(LEAST_AGE) < 0 || givenUp) {
            return Optional.empty();
        }
        return Optional.of(verdict(now, since, trouble.get()));
    }

    private void well(long now, boolean full) {
        troubledSince = Optional.empty();
        long since = wellSince.orElse(now);
        wellSince = Optional.of(since);
        if (now - since >= HEALTHY_NANOS) {
            restarts = 0;
            givenUp = false;
            diskWasFull = full;
        }
    }

    private Verdict verdict(long now, long since, String trouble) {
        String seconds = Duration.ofNanos(now - since).toSeconds() + " s";
        if (restarts >= MOST_RESTARTS) {
            givenUp = true;
            return new Verdict(
                    false,
                    "nats-server takes no writes (" + trouble + ") after " + MOST_RESTARTS
                            + " restarts; it is not started again for that");
        }
        restarts++;
        lastRestart = Optional.of(now);
        troubledSince = Optional.empty();
        return new Verdict(
                true,
                "nats-server has taken no writes for " + seconds + (diskWasFull ? ", its disk was full" : "") + ": "
                        + trouble);
    }
}
