package io.unibus.node.bus;

import io.unibus.embeddednats.LogLine;
import io.unibus.embeddednats.LogListener;
import io.unibus.embeddednats.ServerTrouble;
import io.unibus.embeddednats.ServerTrouble.Kind;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the child's log says about mistakes in the configuration of the cluster, for the operator: logged once each, with
 * the option to look at, and again after it had stopped for a while. Thread-safe.
 */
final class ClusterTroubles implements LogListener {
    private static final Logger log = LoggerFactory.getLogger(ClusterTroubles.class);

    /** The child says it anew each time it tries, at least every few seconds. */
    private static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(15);

    /** Whoever reaches the port of the routes can make up hosts that are said to be in trouble. */
    private static final int MOST = 100;

    private final LongSupplier nanoTime;
    private final Map<Trouble, Long> lastSaid = new LinkedHashMap<>();

    private record Trouble(Kind kind, Optional<String> peer, String advice) {}

    ClusterTroubles(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    @Override
    public void said(LogLine line) {
        ServerTrouble.of(line)
                .flatMap(trouble -> option(trouble.kind())
                        .map(option -> new Trouble(trouble.kind(), trouble.peer(), trouble.advice() + option)))
                .ifPresent(this::note);
    }

    /** What is wrong at present, as sentences. */
    synchronized List<String> present() {
        forgetOld();
        return lastSaid.keySet().stream().map(Trouble::advice).toList();
    }

    private synchronized void note(Trouble trouble) {
        forgetOld();
        if (lastSaid.size() >= MOST && !lastSaid.containsKey(trouble)) {
            return;
        }
        boolean isNew = lastSaid.put(trouble, nanoTime.getAsLong()) == null;
        if (isNew) {
            log.error("{}", trouble.advice());
        }
    }

    private void forgetOld() {
        long now = nanoTime.getAsLong();
        lastSaid.values().removeIf(said -> now - said > FORGOTTEN_AFTER.toNanos());
    }

    /** Which option of the node to look at; empty for what is no mistake in the configuration. */
    private static Optional<String> option(Kind kind) {
        return switch (kind) {
            case NOT_A_CLUSTER_LISTENER -> Optional.of(" (--routes HOST:PORT,...)");
            case OTHER_LOGIN -> Optional.of(" (--cluster-key FILE: copy the file from a node that works)");
            case OTHER_AUTHORITY ->
                Optional.of(
                        " (--cluster-key FILE: copy the file from a node that works; --cluster HOST:PORT: the address"
                                + " that the others have in --routes)");
            case OTHER_CLUSTER -> Optional.of(" (--cluster-name NAME)");
            case SAME_NAME -> Optional.of(" (--name NAME)");
            case UNREACHABLE, NO_QUORUM, STORE_FULL, STORE_FAILED -> Optional.empty();
        };
    }
}
