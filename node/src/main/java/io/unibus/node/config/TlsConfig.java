package io.unibus.node.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a node encrypts what clients say to it, over HTTP and on the bus.
 *
 * @param files with {@link TlsMode#FILES}, and only then
 */
public record TlsConfig(TlsMode mode, Optional<Files> files) {
    /** Both doors are plain. */
    public static final TlsConfig OFF = new TlsConfig(TlsMode.OFF, Optional.empty());

    /** Both in PEM, as ACME clients write them. */
    public record Files(Path certificate, Path key) {}

    public boolean isOn() {
        return mode != TlsMode.OFF;
    }

    /** Returns the scheme of the URL of the control plane. */
    public String httpScheme() {
        return isOn() ? "https" : "http";
    }

    /** Returns the scheme of the URL of the bus. */
    public String busScheme() {
        return isOn() ? "tls" : "nats";
    }
}
