package io.unibus.store.sqlite;

import io.unibus.store.Store;
import io.unibus.store.StoreContract;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;

final class SqliteStoreContractTest extends StoreContract {
    @TempDir
    private Path directory;

    @Override
    protected Store open() {
        return SqliteStore.open(directory.resolve("unibus.db"), Duration.ofSeconds(20));
    }
}
