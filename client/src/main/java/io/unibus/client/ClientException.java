package io.unibus.client;

/** What went wrong and what to do about it, in a sentence for people. Never holds a seed or a room key. */
public abstract sealed class ClientException extends RuntimeException
        permits IdentityException,
                OutcomeUnknownException,
                ProblemException,
                SealingException,
                UnexpectedAnswerException,
                UnreachableException,
                UntrustedNodeException {
    private static final long serialVersionUID = 1L;

    ClientException(String message) {
        super(message);
    }

    ClientException(String message, Throwable cause) {
        super(message, cause);
    }
}
