package io.unibus.node.host;

import org.jspecify.annotations.Nullable;

/** Ends the program with an exit code and a message that says what happened, to what, why, and what to do next. */
public final class FatalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public FatalException(ExitCode exitCode, String message) {
        this(exitCode, message, null);
    }

    public FatalException(ExitCode exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** Never null: every instance is made with a message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    public ExitCode exitCode() {
        return exitCode;
    }
}
