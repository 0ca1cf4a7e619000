package io.unibus.node.bus;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.node.tls.TrustedCa;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * A login to the account of the replicated store from outside the node, for commands on its host. It is not renewed.
 * Closed by whoever made it.
 */
public final class ControlAccount implements AutoCloseable {
    private static final Duration LOGIN_LIMIT = Duration.ofSeconds(5);

    /** What jnats says where one side has TLS and the other has not. */
    private static final String NO_TLS_THERE = "SSL connection wanted by client.";

    private static final String TLS_ONLY = "SSL required by server.";

    private final Connection connection;

    private ControlAccount(Connection connection) {
        this.connection = connection;
    }

    /**
     * @param url {@code nats://host:port} or {@code tls://host:port} of any node
     * @param ca what the bus's certificate must be signed with; if empty, one of Java's authorities for {@code tls:}, and no TLS
     *     for {@code nats:}
     * @throws FatalException when nobody answers there, the key is not that cluster's, or the bus is not who it should be
     */
    public static ControlAccount logIn(String url, Path clusterKey, Optional<Path> ca) {
        Optional<SSLContext> trusted = ca.map(TrustedCa::contextOf)
                .or(() -> url.startsWith("tls:") ? Optional.of(TrustedCa.platformContext()) : Optional.empty());
        return logInTrusting(url, clusterKey, trusted);
    }

    /**
     * @param tls what is trusted; empty for a connection without TLS
     * @throws FatalException when nobody answers there, the key is not that cluster's, or the bus is not who it should be
     */
    public static ControlAccount logInTrusting(String url, Path clusterKey, Optional<SSLContext> tls) {
        BusKeys user = BusKeys.user(ClusterKey.loadExisting(clusterKey), Bus.CONTROL);
        LastError error = new LastError();
        Options.Builder options = Options.builder()
                .server(url)
                .connectionName("unibus command")
                .authHandler(new KeyLogin(user))
                .connectionTimeout(LOGIN_LIMIT)
                .noReconnect()
                .reconnectBufferSize(0)
                .reportNoResponders()
                .errorListener(error);
        tls.ifPresent(options::sslContext);
        try {
            try {
                return new ControlAccount(Nats.connect(options.build()));
            } catch (AuthenticationException e) {
                throw refused(url, clusterKey, e);
            } catch (IOException e) {
                throw refused(url, clusterKey, error.orElse(e));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FatalException(ExitCode.UNAVAILABLE, "interrupted while logging in to the bus", e);
        }
    }

    private static FatalException refused(String url, Path clusterKey, Throwable e) {
        String reason = String.valueOf(rootOf(e).getMessage());
        if (e instanceof SSLException) {
            return new FatalException(
                    ExitCode.CONFIGURATION,
                    "the bus at " + url + " is not trusted (" + reason
                            + "): name with --ca the certificate that its own is signed with, and in the URL the host that"
                            + " it is for",
                    e);
        }
        if (reason.equals(NO_TLS_THERE)) {
            return new FatalException(
                    ExitCode.CONFIGURATION,
                    "the bus at " + url
                            + " offers no TLS, which --ca, UNIBUS_CA or a URL with tls: asks for: leave it out, if you trust the"
                            + " network",
                    e);
        }
        if (reason.equals(TLS_ONLY)) {
            return new FatalException(
                    ExitCode.CONFIGURATION,
                    "the bus at " + url + " wants TLS: name with --ca the certificate that its own is signed with",
                    e);
        }
        return new FatalException(
                ExitCode.UNAVAILABLE,
                "cannot log in to the bus at " + url + " (" + reason + "): check that a node runs there, and that "
                        + clusterKey + " is its cluster's key",
                e);
    }

    private static Throwable rootOf(Throwable e) {
        Throwable cause = e.getCause();
        return cause == null ? e : rootOf(cause);
    }

    public Connection connection() {
        return connection;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why a login failed: jnats tells its listener, a moment later, and throws only that it did. */
    private static final class LastError implements ErrorListener {
        private final CompletableFuture<Throwable> reason = new CompletableFuture<>();

        Throwable orElse(IOException thrown) throws InterruptedException {
            try {
                return reason.get(1, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException untold) {
                return thrown;
            }
        }

        @Override
        public void exceptionOccurred(Connection connection, Exception e) {
            Throwable cause = e;
            for (Throwable next = e; next != null && !(cause instanceof SSLException); next = next.getCause()) {
                cause = next;
            }
            reason.complete(cause);
        }
    }
}
