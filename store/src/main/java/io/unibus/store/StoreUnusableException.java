package io.unibus.store;

import org.jspecify.annotations.Nullable;

/** The store is damaged, not a store, or newer than this program: someone must act before any attempt can succeed. */
public final class StoreUnusableException extends StoreException {
    private static final long serialVersionUID = 1L;

    public StoreUnusableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
