package io.unibus.embeddednats;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every fault of this library. The message says what happened and what to do; the stack trace adds nothing to it. */
public final class NatsServerException extends RuntimeException {
    /** What a caller may want to tell apart. */
    public enum Reason {
        /** Not in this jar, damaged, or not executable where it was installed. */
        BINARY_UNUSABLE,
        /** The server refused its configuration, or the readiness check's login. */
        CONFIGURATION_REFUSED,
        /** Another process runs a server on this directory. */
        DIRECTORY_IN_USE,
        /** A directory cannot be written to. */
        DIRECTORY_UNUSABLE,
        /** The store is of a server that ran alone, and this one is in a cluster; or the other way, or another cluster. */
        STORE_OF_OTHER_MODE,
        /** Another process listens on an address of the configuration. */
        ADDRESS_IN_USE,
        /** A server of an earlier run cannot be ended. */
        LEFTOVER_STUCK,
        /** Not ready in time. */
        TIMED_OUT,
        /** The child ended by itself during its first start. */
        START_FAILED,
        /** Too many failures in a row. */
        GAVE_UP,
        /** The waiting thread was interrupted. */
        INTERRUPTED,
        /** Stopped, as asked, while someone waited for it to become ready. */
        STOPPED
    }

    private final Reason reason;
    private final List<String> lastOutput;

    NatsServerException(Reason reason, String message) {
        this(reason, message, null, List.of());
    }

    NatsServerException(Reason reason, String message, @Nullable Throwable cause) {
        this(reason, message, cause, List.of());
    }

    NatsServerException(Reason reason, String message, @Nullable Throwable cause, List<String> lastOutput) {
        super(message, cause);
        this.reason = reason;
        this.lastOutput = List.copyOf(lastOutput);
    }

    /** For another thread to throw. */
    NatsServerException again() {
        return new NatsServerException(reason, String.valueOf(getMessage()), this, lastOutput);
    }

    public Reason reason() {
        return reason;
    }

    /** The last lines, at most 200, that the child wrote; the message holds the most telling of them. */
    public List<String> lastOutput() {
        return lastOutput;
    }
}
