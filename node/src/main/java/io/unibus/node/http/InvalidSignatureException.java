package io.unibus.node.http;

import io.unibus.node.control.DenialReason;

/** The signature of a request proves nothing. The message is for whoever sent it. */
final class InvalidSignatureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final DenialReason reason;

    InvalidSignatureException(DenialReason reason, String detail) {
        super(detail, null, false, false); // an expected answer, for which a stack trace is of no use
        this.reason = reason;
    }

    DenialReason reason() {
        return reason;
    }

    Problem problem() {
        return Problem.of(401, reason.code(), String.valueOf(getMessage()));
    }
}
