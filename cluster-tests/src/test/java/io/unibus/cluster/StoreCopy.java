package io.unibus.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * All that the replicated store of a cluster holds at one moment, as a snapshot of it that was imported into a file: the sealed
 * keys of all epochs are read from it in seconds, and over HTTP in an hour. Closed by whoever made it.
 */
final class StoreCopy implements AutoCloseable {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(10);
    private static final Duration READ_LIMIT = Duration.ofSeconds(10);

    private final SqliteStore store;

    private StoreCopy(SqliteStore store) {
        this.store = store;
    }

    /** @param directory an empty one */
    static StoreCopy of(Cluster cluster, Unibus unibus, Path directory) {
        Path snapshot = directory.resolve("cluster.unibus");
        Path database = directory.resolve("copy.db");
        run(
                unibus,
                List.of(
                        "snapshot",
                        "export",
                        snapshot.toString(),
                        "--nats-url",
                        "nats://" + cluster.node(1).nats(),
                        "--cluster-key",
                        cluster.key().toString()));
        run(unibus, List.of("snapshot", "import", snapshot.toString(), "--db", database.toString()));
        return new StoreCopy(SqliteStore.open(database, READ_LIMIT));
    }

    private static void run(Unibus unibus, List<String> command) {
        Unibus.Result result = unibus.run(unibus.builder(command), COMMAND_LIMIT);
        assertThat(result.exitCode()).as(command + ": " + result.errors()).isZero();
    }

    StoreView view() {
        return new StoreView(store);
    }

    @Override
    public void close() {
        store.close();
    }
}
