package io.unibus.store.jetstream;

import io.unibus.store.Store;
import io.unibus.store.StoreContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

final class LateFeedsContractTest extends StoreContract {
    private final InMemoryStores stores = new InMemoryStores(InMemoryBuckets.toldLate(Duration.ofMillis(2)));

    @Override
    protected Store open() {
        return stores.open();
    }

    @AfterEach
    void close() {
        stores.close();
    }
}
