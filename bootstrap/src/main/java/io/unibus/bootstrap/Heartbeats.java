package io.unibus.bootstrap;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.unibus.store.jetstream.Link;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes of a cluster telling each other once a second that they are there. What they say needs no quorum and is no
 * ground for a decision on the store. Warns once of nodes that do not fit together. Thread-safe; started once, closed by
 * whoever started it.
 */
public final class Heartbeats implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Heartbeats.class);

    private static final String SUBJECT = "unibus.node.";
    private static final long PERIOD_MILLIS = 1_000;

    private final Link link;
    private final Supplier<Heartbeat> own;
    private final InstantSource clock;
    private final Roster roster;
    private final Conditions conditions = new Conditions(log, "over");
    private final Watch watch = new Watch("heartbeats", log, "the other nodes", this::look, () -> PERIOD_MILLIS);
    private @Nullable Subscribed subscribed;

    private record Subscribed(Connection connection, Dispatcher dispatcher) {}

    /** @param own what this node says at the moment; its name, instance and version never change */
    public Heartbeats(Link link, Supplier<Heartbeat> own, InstantSource clock) {
        this.link = link;
        this.own = own;
        this.clock = clock;
        Heartbeat first = own.get();
        this.roster = new Roster(first.name(), first.instance(), first.version(), first.busAuth(), System::nanoTime);
    }

    public void start() {
        watch.start();
    }

    /** The other nodes heard of within the last 3 seconds, ordered by name. */
    public List<Heartbeat> alive() {
        return roster.alive();
    }

    /** What this node says of itself. */
    public Heartbeat self() {
        return own.get();
    }

    /** What does not fit together, as sentences: names taken twice, clocks, versions. */
    public List<String> problems() {
        return conditions.sentences();
    }

    private void look() {
        beat();
        conditions.update(roster.problems());
    }

    private void beat() {
        try {
            Connection connection = link.connection();
            follow(connection);
            Heartbeat heartbeat = own.get();
            connection.publish(SUBJECT + token(heartbeat.name()), heartbeat.toJson());
        } catch (RuntimeException notConnected) {
            log.debug("no heartbeat sent", notConnected);
        }
    }

    /** The client library subscribes anew after a reconnect; another connection is this class's to see to. */
    private void follow(Connection connection) {
        @Nullable Subscribed last = subscribed;
        if (last == null || !last.connection().equals(connection)) {
            Dispatcher dispatcher = connection.createDispatcher(this::heard);
            subscribed = new Subscribed(connection, dispatcher);
            dispatcher.subscribe(SUBJECT + "*");
        }
    }

    private void heard(Message message) {
        Heartbeat.parse(message.getData()).ifPresent(heartbeat -> roster.heard(heartbeat, clock.instant()));
    }

    private static String token(String name) {
        return name.replaceAll("[^-_a-zA-Z0-9]", "_");
    }

    @Override
    public void close() {
        watch.close();
        @Nullable Subscribed last = subscribed;
        if (last != null && last.connection().getStatus() != Connection.Status.CLOSED) {
            last.connection().closeDispatcher(last.dispatcher());
        }
    }
}
