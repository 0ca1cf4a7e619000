package io.unibus.node.bus;

import io.unibus.node.host.DaemonWorker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets connections of this node feel what they have gained: its server reloads its configuration, whereupon it asks the callout anew
 * for each connection, and none that was let in is closed. Thread-safe; closed by {@link EnforcedAccess}.
 */
final class GrantReloader implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GrantReloader.class);

    /** Grants that come within are one reload. */
    private static final Duration GATHER = Duration.ofMillis(150);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofMillis(200);

    private final ServerRequests servers;
    private final Supplier<Optional<String>> ownServer;
    private final BooleanSupplier answersLogins;
    private final LongSupplier nanoTime;
    private final DaemonWorker worker = new DaemonWorker("bus-reload");

    private boolean isDue;
    private Duration lastReload = Duration.ZERO;
    private boolean isFailing; // of the worker

    /**
     * @param ownServer the id of this node's own server, while there is one
     * @param answersLogins whether the callout works, without which a reload would close connections
     */
    GrantReloader(
            ServerRequests servers,
            Supplier<Optional<String>> ownServer,
            BooleanSupplier answersLogins,
            LongSupplier nanoTime) {
        this.servers = servers;
        this.ownServer = ownServer;
        this.answersLogins = answersLogins;
        this.nanoTime = nanoTime;
    }

    /** Asks for a reload, soon. */
    void request() {
        Duration pause;
        synchronized (this) {
            if (isDue) {
                return;
            }
            isDue = true;
            // New connections wait during a reload: they get at least as long as it took.
            pause = lastReload.compareTo(GATHER) > 0 ? lastReload : GATHER;
        }
        worker.after(pause.toMillis(), this::reload);
    }

    private void reload() {
        synchronized (this) {
            isDue = false;
        }
        Optional<String> server = ownServer.get().filter(id -> answersLogins.getAsBoolean());
        if (server.isEmpty()) {
            requestLater("it is being started");
            return;
        }
        long begun = nanoTime.getAsLong();
        try {
            servers.reload(server.get()).get();
            isFailing = false;
            rememberLast(Duration.ofNanos(nanoTime.getAsLong() - begun));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            requestLater(String.valueOf(e.getCause()));
        }
    }

    private synchronized void rememberLast(Duration reload) {
        lastReload = reload.compareTo(LONGEST_PAUSE) < 0 ? reload : LONGEST_PAUSE;
    }

    private void requestLater(String why) {
        if (!isFailing) {
            isFailing = true;
            log.info("nats-server was not told yet of new rooms of its clients, and is told again: {}", why);
        }
        worker.after(RETRY.toMillis(), this::request);
    }

    @Override
    public void close() {
        worker.end();
    }
}
