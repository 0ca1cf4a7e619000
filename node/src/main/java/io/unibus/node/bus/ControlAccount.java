package io.unibus.node.bus;

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A login to the account of the replicated store from outside the node, for commands on its host. It is not renewed.
 * Closed by whoever made it.
 */
public final class ControlAccount implements AutoCloseable {
    private static final Duration LOGIN_LIMIT = Duration.ofSeconds(5);

    private final Connection connection;

    private ControlAccount(Connection connection) {
        this.connection = connection;
    }

    /**
     * @param url {@code nats://host:port} of any node
     * @throws FatalException when nobody answers there, or the key is not that cluster's
     */
    public static ControlAccount logIn(String url, Path clusterKey) {
        BusKeys user = BusKeys.user(ClusterKey.loadExisting(clusterKey), Bus.CONTROL);
        try {
            return new ControlAccount(Nats.connect(Options.builder()
                    .server(url)
                    .connectionName("unibus command")
                    .authHandler(new KeyLogin(user))
                    .connectionTimeout(LOGIN_LIMIT)
                    .noReconnect()
                    .reconnectBufferSize(0)
                    .reportNoResponders()
                    .errorListener(new QuietErrors())
                    .build()));
        } catch (IOException e) {
            throw new FatalException(
                    ExitCode.UNAVAILABLE,
                    "cannot log in to the bus at " + url + " (" + e.getMessage()
                            + "): check that a node runs there, and that " + clusterKey + " is its cluster's key",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FatalException(ExitCode.UNAVAILABLE, "interrupted while logging in to the bus", e);
        }
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
}
