package io.unibus.node.tls;

/** Says why a certificate or a key cannot be used and what to do, without naming its file. Never holds anything of a key. */
final class UnusablePairException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusablePairException(String whyAndWhatToDo) {
        super(whyAndWhatToDo);
    }

    /** Never null: every instance is made with a message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
