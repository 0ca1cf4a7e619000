package io.unibus.cluster;

import io.nats.client.AuthHandler;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.Subscription;
import io.unibus.client.Identity;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A client of the bus with an identity, who knows nothing of unibus: bare jnats with an NKey, with its own defaults but that it
 * tries for ever. Its login is begun, not waited for.
 */
final class BusMember implements AutoCloseable {
    private static final Duration FLUSH_LIMIT = Duration.ofSeconds(10);

    private final AtomicInteger losses = new AtomicInteger();
    private final AtomicLong firstLoss = new AtomicLong();
    private volatile boolean letIn;
    private volatile @Nullable Connection connection;

    private BusMember() {}

    /** Begins to log in to one server. */
    static BusMember of(String url, Identity identity) {
        return begin(optionsOf(url, identity));
    }

    /** Begins to log in to one server over TLS. */
    static BusMember of(String url, Identity identity, SSLContext trust) {
        return begin(optionsOf(url, identity).sslContext(trust));
    }

    private static Options.Builder optionsOf(String url, Identity identity) {
        return Options.builder()
                .server(url)
                .authHandler(loginOf(identity))
                .inboxPrefix("_INBOX." + identity.endpoint().nkey() + ".");
    }

    /** Begins to log in to one server as nobody. */
    static BusMember withoutIdentity(String url) {
        return begin(Options.builder().server(url));
    }

    private static BusMember begin(Options.Builder builder) {
        BusMember member = new BusMember();
        Options options = builder.maxReconnects(-1)
                .reconnectWait(Duration.ofMillis(50))
                .connectionListener((connection, event) -> member.changed(connection, event))
                .errorListener(new ErrorListener() {})
                .build();
        try {
            Nats.connectAsynchronously(options, true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return member;
    }

    private synchronized void changed(Connection from, ConnectionListener.Events event) {
        connection = from;
        letIn |= event == ConnectionListener.Events.CONNECTED || event == ConnectionListener.Events.RECONNECTED;
        boolean over = event == ConnectionListener.Events.DISCONNECTED || event == ConnectionListener.Events.CLOSED;
        if (letIn && over) { // an attempt that failed tells of its end as well
            losses.incrementAndGet();
            firstLoss.compareAndSet(0, System.nanoTime());
        }
    }

    private static AuthHandler loginOf(Identity identity) {
        return new AuthHandler() {
            @Override
            public byte[] sign(byte[] nonce) {
                return identity.sign(nonce);
            }

            @Override
            public char[] getID() {
                return identity.endpoint().nkey().toCharArray();
            }

            @Override
            public char @Nullable [] getJWT() {
                return null;
            }
        };
    }

    boolean isConnected() {
        return status().filter(Connection.Status.CONNECTED::equals).isPresent();
    }

    /** Whether it has given up for good. */
    boolean isClosed() {
        return status().filter(Connection.Status.CLOSED::equals).isPresent();
    }

    private Optional<Connection.Status> status() {
        return Optional.ofNullable(connection).map(Connection::getStatus);
    }

    /** Returns how often it was connected and is not any more. */
    int losses() {
        return losses.get();
    }

    /** Returns when it was disconnected for the first time, by the clock of this process. */
    long firstLoss() {
        return firstLoss.get();
    }

    void publish(String subject, String text) {
        connected().publish(subject, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Passes on the text of each message on a subject; returns when its server knows of it. */
    void subscribe(String subject, Consumer<String> listener) {
        Connection present = connected();
        present.createDispatcher(message -> listener.accept(new String(message.getData(), StandardCharsets.UTF_8)))
                .subscribe(subject);
        try {
            present.flush(FLUSH_LIMIT);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Returns whether what it publishes to its own inbox comes back to it. */
    boolean hearsOwnInbox(Identity identity) {
        return hearsItself("_INBOX." + identity.endpoint().nkey() + ".echo", Duration.ofSeconds(10));
    }

    /** Returns whether what it publishes on a subject comes back to it at once. */
    boolean hearsItself(String subject) {
        return hearsItself(subject, Duration.ofMillis(100));
    }

    private boolean hearsItself(String subject, Duration limit) {
        try {
            Subscription subscription = connected().subscribe(subject);
            publish(subject, "echo");
            boolean heard = subscription.nextMessage(limit) != null;
            subscription.unsubscribe();
            return heard;
        } catch (IllegalStateException notConnected) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Connection connected() {
        return Optional.ofNullable(connection).orElseThrow(() -> new IllegalStateException("not connected yet"));
    }

    @Override
    public void close() {
        try {
            Connection present = connection;
            if (present != null) {
                present.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
