package io.unibus.node;

import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.store.Store;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import io.unibus.store.jetstream.JetStreamOptions;
import io.unibus.store.jetstream.JetStreamStore;
import io.unibus.store.jetstream.Link;
import io.unibus.store.sqlite.SqliteLibrary;
import io.unibus.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.time.Duration;

/** Opens stores, for the node itself and for commands on its host. */
public final class NodeStore {
    private NodeStore() {}

    /** The replicated store, over a bus on which its buckets are open. Its views fill in the background. */
    public static Store openReplicated(Link link, String node, Duration opTimeout, Duration maxStaleness) {
        return JetStreamStore.open(link, JetStreamOptions.of(node, opTimeout, maxStaleness));
    }

    /**
     * The SQLite store that lies in a data directory.
     *
     * @throws FatalException when it cannot be opened, with what to do
     */
    public static Store open(Path dataDir, Duration opTimeout) {
        SnapshotStores.requireNotMigrated(dataDir.resolve("unibus.db"));
        try {
            SqliteLibrary.unpackInto(dataDir.resolve("bin"));
            return SqliteStore.open(dataDir.resolve("unibus.db"), opTimeout);
        } catch (StoreUnusableException e) {
            throw new FatalException(ExitCode.CONFIGURATION, String.valueOf(e.getMessage()), e);
        } catch (StoreUnavailableException e) {
            throw new FatalException(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }
}
