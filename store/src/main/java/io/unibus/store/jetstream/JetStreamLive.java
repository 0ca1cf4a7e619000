package io.unibus.store.jetstream;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.unibus.store.StoreUnavailableException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Follows what the bucket's stream republishes, by a plain subscription. Thread-safe. */
final class JetStreamLive implements Live {
    private final Link link;
    private final Bucket bucket;
    private @Nullable Connection subscribed;
    private @Nullable Dispatcher dispatcher;
    private boolean closed;

    JetStreamLive(Link link, Bucket bucket) {
        this.link = link;
        this.bucket = bucket;
    }

    @Override
    public synchronized Session attach(Consumer<Entry> sink) {
        Connection connection = connected();
        if (closed) {
            throw unavailable("the store is closed", null);
        }
        Session session = sessionOf(connection);
        if (connection != subscribed) {
            release();
            try {
                dispatcher = connection.createDispatcher();
                subscribed = connection;
                dispatcher.subscribe(
                        bucket.viewSubject(">"),
                        message -> Entries.of(bucket, message).ifPresent(sink));
            } catch (IllegalStateException e) {
                release();
                throw unavailable("it was closed", e);
            }
        }
        return session;
    }

    @Override
    public Session session() {
        return sessionOf(connected());
    }

    @Override
    public synchronized void close() {
        closed = true;
        release();
    }

    private Connection connected() {
        Connection connection = link.connection();
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            throw unavailable("it is " + connection.getStatus(), null);
        }
        return connection;
    }

    private static Session sessionOf(Connection connection) {
        return new Session(
                connection,
                String.valueOf(connection.getServerInfo().getServerId()),
                connection.getStatistics().getReconnects());
    }

    private void release() {
        Connection connection = subscribed;
        Dispatcher old = dispatcher;
        subscribed = null;
        dispatcher = null;
        if (connection != null && old != null) {
            try {
                connection.closeDispatcher(old);
            } catch (IllegalStateException | IllegalArgumentException e) {
                // The connection has closed it with itself.
                return;
            }
        }
    }

    private static StoreUnavailableException unavailable(String why, @Nullable Throwable cause) {
        return new StoreUnavailableException("there is no connection to a server: " + why + "; try again", cause);
    }
}
