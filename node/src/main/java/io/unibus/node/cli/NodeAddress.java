package io.unibus.node.cli;

import io.unibus.node.host.DataDirectory;
import io.unibus.node.tls.PinnedTrust;
import io.unibus.node.tls.TrustedCa;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The node that a command asks over HTTP.
 *
 * @param trust by what its certificate is known; empty for the authorities of the Java platform
 */
record NodeAddress(URI url, Optional<SSLContext> trust) {
    private static final String DEFAULT_URL = "http://127.0.0.1:8420";

    /**
     * Returns the node at a URL or, without one, the node that runs in a data directory, whose certificate that directory tells.
     *
     * @throws io.unibus.node.host.FatalException when the authority cannot be read
     */
    static NodeAddress of(Optional<URI> url, Path dataDir, CaOption ca) {
        Optional<SSLContext> named = ca.file().map(TrustedCa::contextOf);
        if (url.isPresent()) {
            return new NodeAddress(url.get(), named);
        }
        Optional<DataDirectory.RunningNode> running = DataDirectory.findRunning(dataDir);
        return new NodeAddress(
                URI.create(running.map(DataDirectory.RunningNode::http).orElse(DEFAULT_URL)),
                named.or(() -> running.flatMap(NodeAddress::ownTrust)));
    }

    /** Returns by what a command on the host of a node knows it; empty when the node has no TLS. */
    static Optional<SSLContext> ownTrust(DataDirectory.RunningNode node) {
        return node.certificates().isEmpty()
                ? Optional.empty()
                : Optional.of(PinnedTrust.contextOf(node.certificates()));
    }
}
