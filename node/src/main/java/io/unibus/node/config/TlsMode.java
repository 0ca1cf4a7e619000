package io.unibus.node.config;

import java.util.Arrays;
import java.util.Locale;

/** Where the certificate comes from that a node shows to clients, over HTTP and on the bus. */
public enum TlsMode {
    /** There is none: both are plain. */
    OFF,
    /** The node makes one, signed by the authority that is derived from the cluster's key. */
    AUTO,
    /** Two files of the operator's. */
    FILES;

    /** @throws IllegalArgumentException when it is none of them */
    static TlsMode parse(String text) {
        return Arrays.stream(values())
                .filter(mode -> mode.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("it must be off, auto or files"));
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
