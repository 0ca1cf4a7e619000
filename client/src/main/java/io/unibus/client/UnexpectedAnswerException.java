package io.unibus.client;

/** The other side answered, but not as a node of this version does. */
public final class UnexpectedAnswerException extends ClientException {
    private static final long serialVersionUID = 1L;

    UnexpectedAnswerException(String message) {
        super(message);
    }

    UnexpectedAnswerException(String message, Throwable cause) {
        super(message, cause);
    }
}
