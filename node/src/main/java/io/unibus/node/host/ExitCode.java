package io.unibus.node.host;

/** Exit codes, after BSD {@code sysexits.h}. */
public enum ExitCode {
    OK(0),
    UNEXPECTED(1),
    USAGE(2),
    /** Something that the program needs is not there: a port, the child, a node to talk to. */
    UNAVAILABLE(69),
    /** The same command may succeed later, with nothing changed. */
    TRY_AGAIN(75),
    /** Configuration or data must be changed first. */
    CONFIGURATION(78);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
