package io.unibus.client;

/** A sealed room key could not be opened, or a room key could not be sealed to an endpoint. */
public final class SealingException extends ClientException {
    private static final long serialVersionUID = 1L;

    SealingException(String message) {
        super(message);
    }

    SealingException(String message, Throwable cause) {
        super(message, cause);
    }
}
