package io.unibus.protocol.chain;

/** Ends the decision about a link at the first rule that it breaks. Never leaves this package. */
final class RuleBrokenException extends Exception {
    private static final long serialVersionUID = 1L;

    private final LinkRefusal reason;
    private final String detail;

    RuleBrokenException(LinkRefusal reason, String detail) {
        super(detail, null, false, false); // an outcome, not a fault: nobody looks at the stack
        this.reason = reason;
        this.detail = detail;
    }

    LinkOutcome.Refused refused() {
        return new LinkOutcome.Refused(reason, detail);
    }
}
