package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.node.host.DaemonWorker;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A login of this node to its child, as the user of one account. It comes back by itself: the client library reconnects
 * to the same address, and this class logs in anew where that is not enough, when the child has another address or the
 * library has given up. Thread-safe; closed by {@link Bus}.
 */
final class ControlConnection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControlConnection.class);

    private static final Duration LOGIN_LIMIT = Duration.ofSeconds(2);
    /** Short at first, because a peer that reconnects sooner than the node waits for the node. */
    private static final Duration RECONNECT_WAIT = Duration.ofMillis(10);

    private static final Duration LONG_RECONNECT_WAIT = Duration.ofMillis(100);
    private static final int SHORT_WAITS = 500;

    private static final Duration RETRY_WAIT = Duration.ofMillis(500);
    private static final Duration PING_INTERVAL = Duration.ofSeconds(2);
    private static final int PINGS_WITHOUT_ANSWER = 2;

    private final Supplier<String> url;
    private final Optional<SSLContext> tls;
    private final BusKeys user;
    private final Consumer<Connection> onLogin;
    private final Runnable onReconnect;
    /** One login at a time. */
    private final DaemonWorker logins = new DaemonWorker("bus-login");

    private volatile @Nullable Login login;

    /**
     * @param url where the child listens now
     * @param tls what is trusted, where the child wants TLS
     * @param onLogin what each new connection is first used for
     * @param onReconnect told when there is a connection again, which may have missed something
     */
    ControlConnection(
            Supplier<String> url,
            Optional<SSLContext> tls,
            BusKeys user,
            Consumer<Connection> onLogin,
            Runnable onReconnect) {
        this.url = url;
        this.tls = tls;
        this.user = user;
        this.onLogin = onLogin;
        this.onReconnect = onReconnect;
    }

    private record Login(Connection connection, String url) {}

    /**
     * Logs in and returns when the server has taken note of all that the connection is for.
     *
     * @param limit for how long to try: on a starved machine an attempt can be too late for one side or the other
     * @throws IOException when the server could not be reached or did not accept the login until then
     */
    void open(Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            String address = url.get();
            try {
                login = logIn(address);
                onReconnect.run();
                return;
            } catch (IOException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                log.info("no login to nats-server at {} yet, trying again: {}", address, e.getMessage());
                Thread.sleep(RETRY_WAIT.toMillis());
            }
        }
    }

    /** Sees in the background to a login where the child is now; to be called whenever it has become ready. */
    void follow() {
        followAfter(Duration.ZERO);
    }

    /** The present connection, which may be connected or trying to be; empty before the first login. */
    Optional<Connection> connection() {
        return Optional.ofNullable(login).map(Login::connection);
    }

    boolean isConnected() {
        @Nullable Login current = login;
        return current != null && current.connection().getStatus() == Connection.Status.CONNECTED;
    }

    private void followAfter(Duration wait) {
        logins.after(wait.toMillis(), this::logInAnewIfNeeded);
    }

    private void logInAnewIfNeeded() {
        @Nullable Login current = login;
        if (current == null) {
            return; // not opened yet
        }
        String wanted = "";
        try {
            wanted = url.get();
            if (current.url().equals(wanted) && !isClosed(current)) {
                return; // the library sees to it
            }
            Login next = logIn(wanted);
            login = next;
            onReconnect.run();
            log.info("logged in to nats-server again, at {}", wanted);
            current.connection().close();
            if (isClosed(next)) { // before it could be known as the present one
                follow();
            }
        } catch (IOException | RuntimeException e) {
            log.warn("the node cannot log in to its nats-server at {} and tries again: {}", wanted, e.getMessage());
            followAfter(RETRY_WAIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Login logIn(String address) throws IOException, InterruptedException {
        Options.Builder options = Options.builder()
                .server(address)
                .connectionName("unibus node")
                .authHandler(new KeyLogin(user))
                .connectionTimeout(LOGIN_LIMIT)
                .maxReconnects(-1)
                // Without jitter, of which the library cannot take zero.
                .reconnectDelayHandler(rounds -> rounds < SHORT_WAITS ? RECONNECT_WAIT : LONG_RECONNECT_WAIT)
                .pingInterval(PING_INTERVAL)
                .maxPingsOut(PINGS_WITHOUT_ANSWER)
                .reconnectBufferSize(0) // what cannot be sent now must not be sent later
                .reportNoResponders()
                .errorListener(new QuietErrors())
                .connectionListener(this::changed);
        tls.ifPresent(options::sslContext);
        Connection connection = Nats.connect(options.build());
        try {
            onLogin.accept(connection);
            connection.flush(LOGIN_LIMIT);
        } catch (TimeoutException | IllegalStateException e) {
            connection.close();
            throw new IOException("it did not answer within " + LOGIN_LIMIT.toSeconds() + " s", e);
        }
        return new Login(connection, address);
    }

    /** The library gives up for good when a server refuses it twice, which a foreign one on the old port would do. */
    private void changed(Connection connection, ConnectionListener.Events event) {
        @Nullable Login current = login;
        if (event == ConnectionListener.Events.RECONNECTED) {
            onReconnect.run();
        }
        if (event == ConnectionListener.Events.CLOSED
                && current != null
                && current.connection().equals(connection)) {
            follow();
        }
    }

    private static boolean isClosed(Login login) {
        return login.connection().getStatus() == Connection.Status.CLOSED;
    }

    @Override
    public void close() {
        logins.end();
        try {
            @Nullable Login current = login;
            if (current != null) {
                current.connection().close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
