package io.unibus.store.jetstream;

import io.unibus.store.Store;
import io.unibus.store.StoreContract;
import org.junit.jupiter.api.AfterEach;

final class PromptFeedsContractTest extends StoreContract {
    private final InMemoryStores stores = new InMemoryStores(InMemoryBuckets.toldAtOnce());

    @Override
    protected Store open() {
        return stores.open();
    }

    @AfterEach
    void close() {
        stores.close();
    }
}
