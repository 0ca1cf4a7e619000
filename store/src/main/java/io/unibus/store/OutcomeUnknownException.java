package io.unibus.store;

import org.jspecify.annotations.Nullable;

/** A write was sent and not confirmed: it may or may not have happened. Read before you write again. */
public final class OutcomeUnknownException extends StoreException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
