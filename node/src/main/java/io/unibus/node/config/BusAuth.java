package io.unibus.node.config;

import java.util.Arrays;
import java.util.Locale;

/** A mode in which a node verifies callers; from open to closed. */
public enum BusAuth {
    /** Nothing is verified: callers are who they say. */
    OFF,
    /** A valid proof is used; who has none is served as with {@link #OFF}, and counted as a denial to come. */
    SOFT,
    /** Only those who prove that they are active users are served. */
    ENFORCE;

    /** @throws IllegalArgumentException when it is none of them */
    static BusAuth parse(String text) {
        return Arrays.stream(values())
                .filter(mode -> mode.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("it must be off, soft or enforce"));
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
