package io.unibus.store.jetstream;

import io.nats.client.Connection;

/** The connection to the servers that hold the buckets, as the account that owns them. It may be another one later. */
@FunctionalInterface
public interface Link {
    /** @throws io.unibus.store.StoreUnavailableException when there is none now */
    Connection connection();
}
