package io.unibus.client;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Asks one node for its state and that of its cluster. Thread-safe; fails like {@link ControlPlaneClient}. */
public final class StatusClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    private final NodeHttp http;

    /** @param caller an admin, for a node on another host; the own host needs none */
    public StatusClient(URI url, Optional<Identity> caller) {
        this.http = new NodeHttp(url, caller.map(RequestSigner::new), CONNECT_TIMEOUT, REQUEST_TIMEOUT);
    }

    /** The answer of {@code GET /status}: one JSON object. */
    public byte[] status() {
        return http.get("/status");
    }
}
