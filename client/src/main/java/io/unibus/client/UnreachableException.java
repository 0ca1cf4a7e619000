package io.unibus.client;

/** The node gave no answer, and the request changed nothing: it was not sent, or it was a read. */
public final class UnreachableException extends ClientException {
    private static final long serialVersionUID = 1L;

    UnreachableException(String message) {
        super(message);
    }

    UnreachableException(String message, Throwable cause) {
        super(message, cause);
    }
}
