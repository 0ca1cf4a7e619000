package io.unibus.client;

import java.net.URI;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** Whoever answers at the URL of a node has not proven to be it, so nothing was sent. */
public final class UntrustedNodeException extends ClientException {
    private static final long serialVersionUID = 1L;

    /** Holds what is common to the ways in which Java says of bytes that they are no TLS. */
    private static final String PLAIN = "nrecognized SSL message";

    private UntrustedNodeException(String message, SSLException cause) {
        super(message, cause);
    }

    /** Returns what a failed handshake means; empty for a connection that broke after it. */
    static Optional<UntrustedNodeException> of(URI url, SSLException failure) {
        String reason = String.valueOf(rootOf(failure).getMessage());
        if (reason.contains(PLAIN)) {
            return Optional.of(new UntrustedNodeException(
                    url
                            + " answers without TLS: ask it by http:, if you trust the network, or start its node with --tls",
                    failure));
        }
        if (failure instanceof SSLHandshakeException) {
            return Optional.of(new UntrustedNodeException(
                    url + " is not trusted (" + reason
                            + "): name with --ca or UNIBUS_CA the authority that has signed its certificate, which `unibus ca`"
                            + " prints on the node's host where the node runs with --tls auto, and in the URL the host that"
                            + " the certificate is for",
                    failure));
        }
        return Optional.empty();
    }

    private static Throwable rootOf(Throwable e) {
        Throwable cause = e.getCause();
        return cause == null ? e : rootOf(cause);
    }
}
