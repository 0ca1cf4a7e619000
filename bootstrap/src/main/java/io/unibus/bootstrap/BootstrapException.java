package io.unibus.bootstrap;

import org.jspecify.annotations.Nullable;

/** The store did not open. The message says what it waited for last, in one sentence. */
public final class BootstrapException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BootstrapException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Never null: every instance is made with a message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
