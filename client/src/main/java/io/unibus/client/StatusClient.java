package io.unibus.client;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Asks one node for its state and that of its cluster. Thread-safe; fails like {@link ControlPlaneClient}. */
public final class StatusClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    private final NodeHttp http;

    /** @param caller an admin, for a node on another host; the own host needs none */
    public StatusClient(URI url, Optional<Identity> caller) {
        this(url, caller, Optional.empty());
    }

    /** @param tls what is trusted; empty for the authorities of the Java platform */
    public StatusClient(URI url, Optional<Identity> caller, Optional<SSLContext> tls) {
        this.http = new NodeHttp(url, caller.map(RequestSigner::new), tls, CONNECT_TIMEOUT, REQUEST_TIMEOUT);
    }

    /** The answer of {@code GET /status}: one JSON object. */
    public byte[] status() {
        return http.get("/status");
    }
}
