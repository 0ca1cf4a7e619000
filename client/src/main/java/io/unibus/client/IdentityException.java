package io.unibus.client;

/** An identity file could not be made or used. The message names the file and never repeats its content. */
public final class IdentityException extends ClientException {
    private static final long serialVersionUID = 1L;

    IdentityException(String message) {
        super(message);
    }

    IdentityException(String message, Throwable cause) {
        super(message, cause);
    }
}
