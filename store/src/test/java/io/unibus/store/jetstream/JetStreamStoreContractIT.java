package io.unibus.store.jetstream;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.unibus.store.Store;
import io.unibus.store.StoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** On one server. */
final class JetStreamStoreContractIT extends StoreContract {
    @TempDir
    private static Path directory;

    private static Servers servers;
    private boolean emptied;
    private int opened;

    @BeforeAll
    static void start() {
        servers = Servers.single(directory);
        servers.createBuckets(1);
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected Store open() throws IOException, JetStreamApiException {
        Connection connection = servers.connect(0);
        if (!emptied) {
            emptied = true;
            Servers.emptyBuckets(connection);
        }
        return JetStreamStore.open(
                () -> connection, JetStreamOptions.of("n" + opened++, Duration.ofSeconds(5), Duration.ofSeconds(2)));
    }
}
