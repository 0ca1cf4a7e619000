package io.unibus.protocol;

/**
 * A value from outside does not have its documented form. The message says which value, what is wrong with it and what
 * form it must have; it is written for the person or program that sent it.
 */
public final class MalformedException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String what;

    /**
     * @param what the kind of value, as a stable word: {@code endpoint}, {@code json}, {@code epoch}
     * @param reason a clause for people, without the value itself where that may be a secret
     */
    public MalformedException(String what, String reason) {
        super("malformed " + what + ": " + reason);
        this.what = what;
    }

    /** Never null: every instance is made with a message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** The kind of value, for the problem code {@code malformed-<what>}. */
    public String what() {
        return what;
    }
}
