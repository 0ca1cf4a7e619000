package io.unibus.store;

import org.jspecify.annotations.Nullable;

/** Nothing was written, and a later attempt may succeed: the store is busy, out of space or out of reach. */
public final class StoreUnavailableException extends StoreException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
