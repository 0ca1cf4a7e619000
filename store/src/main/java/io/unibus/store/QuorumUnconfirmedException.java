package io.unibus.store;

import org.jspecify.annotations.Nullable;

/** No quorum confirmed in time that what this store would answer still holds: nothing was read and nothing was written. */
public final class QuorumUnconfirmedException extends StoreException {
    private static final long serialVersionUID = 1L;

    public QuorumUnconfirmedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
