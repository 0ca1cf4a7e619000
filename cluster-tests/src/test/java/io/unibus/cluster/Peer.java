package io.unibus.cluster;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.Subscription;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** A peer on the bus: a plain NATS client without credentials, which reconnects for ever. */
final class Peer implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private final Connection connection;

    private Peer(Connection connection) {
        this.connection = connection;
    }

    static Peer connectedTo(NodeProcess node) {
        return connectedTo(node.awaitReady().nats());
    }

    static Peer connectedTo(String url) {
        Options options = Options.builder()
                .server(url)
                .maxReconnects(-1)
                .reconnectWait(Duration.ofMillis(20))
                .errorListener(new ErrorListener() {})
                .build();
        try {
            return new Peer(Nats.connect(options));
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static InetSocketAddress addressOf(String url) {
        URI address = URI.create(url);
        return new InetSocketAddress(address.getHost(), address.getPort());
    }

    void publish(String subject, String text) {
        connection.publish(subject, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns when the server knows of it. */
    Subscription subscribe(String subject) {
        Subscription subscription = connection.subscribe(subject);
        flush();
        return subscription;
    }

    /** Returns when the server has read all that was published. */
    void flush() {
        try {
            connection.flush(LIMIT);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** The text of the next message, if there is one within that time. */
    static Optional<String> next(Subscription subscription, Duration limit) {
        try {
            return Optional.ofNullable(subscription.nextMessage(limit)).map(Peer::text);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Whether it is connected and a message that it publishes comes back to it. */
    boolean isOnTheBus() {
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            return false;
        }
        try {
            String subject = "echo." + connection.createInbox().replace("_INBOX.", "");
            Subscription subscription = connection.subscribe(subject);
            publish(subject, "hello");
            boolean heard = next(subscription, Duration.ofMillis(500)).isPresent();
            subscription.unsubscribe();
            return heard;
        } catch (IllegalStateException notConnected) {
            return false;
        }
    }

    /** What is answered to a request, if anything is. */
    Optional<String> ask(String subject) {
        return ask(subject, "");
    }

    Optional<String> ask(String subject, String question) {
        try {
            return Optional.ofNullable(connection.request(subject, question.getBytes(StandardCharsets.UTF_8), LIMIT))
                    .map(Peer::text);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static String text(Message message) {
        return new String(message.getData(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static AssertionError interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new AssertionError(e);
    }
}
