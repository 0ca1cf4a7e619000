package io.unibus.store;

import org.jspecify.annotations.Nullable;

/** A fault of the store. The message says what happened, to what, and what to do next. */
public abstract sealed class StoreException extends RuntimeException
        permits StoreUnavailableException,
                StoreUnusableException,
                StoreMigratedException,
                OutcomeUnknownException,
                QuorumUnconfirmedException {
    private static final long serialVersionUID = 1L;

    StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Never null: every instance is made with a message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
