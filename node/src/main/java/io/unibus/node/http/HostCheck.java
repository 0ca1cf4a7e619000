package io.unibus.node.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.config.Loopback;
import org.jspecify.annotations.Nullable;

/**
 * On a loopback listener, refuses requests whose {@code Host} is neither an address nor a name that the operator has given: otherwise a web page
 * could point a name of its own at 127.0.0.1 and let its visitor's browser talk to the node (DNS rebinding).
 */
final class HostCheck implements HttpHandler {
    private final boolean enabled;
    private final HttpLimits limits;
    private final OwnAuthorities authorities;
    private final HttpHandler next;

    HostCheck(HostPort listen, OwnAuthorities authorities, HttpLimits limits, HttpHandler next) {
        this.authorities = authorities;
        this.limits = limits;
        this.enabled = Loopback.contains(listen);
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (enabled && !isAllowed(exchange.getRequestHeaders().getFirst(Headers.HOST))) {
            Dispatcher.send(
                    exchange,
                    Problem.of(
                                    421,
                                    "host-not-allowed",
                                    "This node listens on loopback only: ask it by address or as localhost, or start it"
                                            + " with --http-names for the name that a proxy before it passes on.")
                            .answer(),
                    limits);
            return;
        }
        next.handleRequest(exchange);
    }

    /** A request without the field is one of HTTP/1.0, which no browser sends. */
    private boolean isAllowed(@Nullable String host) {
        return host == null || OwnAuthorities.isAddress(host) || authorities.names(host);
    }
}
