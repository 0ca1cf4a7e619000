package io.unibus.store;

/** What the store held has moved to a cluster, and nothing was written: no attempt on this store can ever succeed. */
public final class StoreMigratedException extends StoreException {
    private static final long serialVersionUID = 1L;

    public StoreMigratedException(String message) {
        super(message, null);
    }
}
