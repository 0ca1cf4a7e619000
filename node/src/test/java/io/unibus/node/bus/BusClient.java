package io.unibus.node.bus;

import io.nats.client.AuthHandler;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.Subscription;
import io.unibus.client.Identity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A client of the bus that knows nothing of unibus: bare jnats with an NKey, or with nothing. */
final class BusClient implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(10);

    private final Connection connection;

    private BusClient(Connection connection) {
        this.connection = connection;
    }

    /** Logs in as {@code identity}, and never again when that ends. */
    static BusClient connect(String bus, Identity identity) throws IOException, InterruptedException {
        return connect(options(bus).noReconnect().authHandler(login(identity, nonce -> nonce)), inbox(identity));
    }

    /** Logs in as {@code identity}, and again by itself. */
    static BusClient connectForEver(String bus, Identity identity) throws IOException, InterruptedException {
        return connect(
                options(bus)
                        .maxReconnects(-1)
                        .reconnectWait(Duration.ofMillis(20))
                        .authHandler(login(identity, nonce -> nonce)),
                inbox(identity));
    }

    private static Options.Builder options(String bus) {
        return new Options.Builder().server(bus).connectionTimeout(LIMIT);
    }

    private static String inbox(Identity identity) {
        return "_INBOX." + identity.endpoint().nkey() + ".";
    }

    private static BusClient connect(Options.Builder options, String inboxPrefix)
            throws IOException, InterruptedException {
        return new BusClient(Nats.connect(options.inboxPrefix(inboxPrefix)
                .errorListener(new ErrorListener() {})
                .build()));
    }

    /** Returns whether a login is accepted; one that is not answered is an error. jnats waits for its limit after a refusal. */
    static boolean isLetIn(String bus, Optional<AuthHandler> login) throws IOException, InterruptedException {
        Options.Builder options =
                options(bus).connectionTimeout(Duration.ofSeconds(3)).noReconnect();
        login.ifPresent(options::authHandler);
        try (BusClient client = connect(options, "_INBOX.")) {
            return client.connection.getStatus() == Connection.Status.CONNECTED;
        } catch (AuthenticationException e) {
            return false;
        }
    }

    /** Signs what {@code signed} makes of the server's nonce. */
    static AuthHandler login(Identity identity, UnaryOperator<byte[]> signed) {
        return new AuthHandler() {
            @Override
            public byte[] sign(byte[] nonce) {
                return identity.sign(signed.apply(nonce));
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

    Connection connection() {
        return connection;
    }

    boolean isConnected() {
        return connection.getStatus() == Connection.Status.CONNECTED;
    }

    boolean isClosed() {
        return connection.getStatus() == Connection.Status.CLOSED;
    }

    void publish(String subject, String text) {
        connection.publish(subject, text.getBytes(StandardCharsets.UTF_8));
    }

    Subscription subscribe(String subject) throws InterruptedException {
        Subscription subscription = connection.subscribe(subject);
        flush();
        return subscription;
    }

    void flush() throws InterruptedException {
        try {
            connection.flush(LIMIT);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the text of the next message that comes within a time. */
    static Optional<String> next(Subscription subscription, Duration limit) throws InterruptedException {
        return Optional.ofNullable(subscription.nextMessage(limit)).map(BusClient::text);
    }

    static String text(Message message) {
        return new String(message.getData(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
