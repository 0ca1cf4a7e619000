package io.unibus.store.snapshot;

import org.jspecify.annotations.Nullable;

/** A snapshot cannot be read, written or taken over as it is. The message says which, where, why and what to do. */
public final class SnapshotException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SnapshotException(String message) {
        this(message, null);
    }

    public SnapshotException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Never null: every instance is made with a message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
