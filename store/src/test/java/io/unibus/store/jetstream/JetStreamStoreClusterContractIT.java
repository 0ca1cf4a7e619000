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

/** On three servers, each bucket on all of them; each store is connected to another one. */
final class JetStreamStoreClusterContractIT extends StoreContract {
    @TempDir
    private static Path directory;

    private static Servers servers;
    private static int opened;
    private boolean emptied;

    @BeforeAll
    static void start() {
        servers = Servers.cluster(directory, 3);
        servers.createBuckets(3);
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Override
    protected Store open() throws IOException, JetStreamApiException {
        int server = opened++ % servers.count();
        Connection connection = servers.connect(server);
        if (!emptied) {
            emptied = true;
            Servers.emptyBuckets(connection);
        }
        return JetStreamStore.open(
                () -> connection, JetStreamOptions.of("n" + server, Duration.ofSeconds(5), Duration.ofSeconds(2)));
    }
}
