package io.unibus.embeddednats;

import org.jspecify.annotations.Nullable;

/** How much the child says beyond its usual log. */
public enum DebugMode {
    OFF,
    /** Debug log, and HTTP monitoring on a port of 127.0.0.1 that the server chooses. */
    DEBUG,
    /** As {@link #DEBUG}, and every protocol message in the log. Payloads and logins are in it: not for production. */
    TRACE;

    /** The environment variable that {@link #parse} is meant for. */
    public static final String VARIABLE = "UNIBUS_NATS_DEBUG";

    /**
     * Reads the value of {@link #VARIABLE}: unset, empty, {@code 0} or {@code false}; {@code 1} or {@code true};
     * {@code trace}. Upper and lower case are alike.
     *
     * @throws IllegalArgumentException for anything else, naming the values
     */
    public static DebugMode parse(@Nullable String value) {
        String text = value == null ? "" : value.strip().toLowerCase(java.util.Locale.ROOT);
        return switch (text) {
            case "", "0", "false" -> OFF;
            case "1", "true" -> DEBUG;
            case "trace" -> TRACE;
            default ->
                throw new IllegalArgumentException(
                        VARIABLE + " is \"" + value + "\"; it can be 0 or false (off), 1 or true (debug), or trace");
        };
    }
}
