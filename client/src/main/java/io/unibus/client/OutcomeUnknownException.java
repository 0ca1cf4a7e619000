package io.unibus.client;

/** A write was sent and its answer did not come: it may or may not have been carried out. Read before repeating. */
public final class OutcomeUnknownException extends ClientException {
    private static final long serialVersionUID = 1L;

    OutcomeUnknownException(String message) {
        super(message);
    }

    OutcomeUnknownException(String message, Throwable cause) {
        super(message, cause);
    }
}
