package io.unibus.node.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.config.Loopback;
import java.util.regex.Pattern;

/**
 * On a loopback listener, refuses requests whose {@code Host} is not a loopback name or an address: otherwise a web page
 * could point a name of its own at 127.0.0.1 and let its visitor's browser talk to the node (DNS rebinding).
 */
final class HostCheck implements HttpHandler {
    private static final Pattern ADDRESS_OR_LOCALHOST =
            Pattern.compile("localhost|\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-f.]*:[0-9a-f:.]*", Pattern.CASE_INSENSITIVE);

    private final boolean enabled;
    private final HttpLimits limits;
    private final HttpHandler next;

    HostCheck(HostPort listen, HttpLimits limits, HttpHandler next) {
        this.limits = limits;
        this.enabled = Loopback.contains(listen);
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (enabled && !ADDRESS_OR_LOCALHOST.matcher(exchange.getHostName()).matches()) {
            Dispatcher.send(
                    exchange,
                    Problem.of(
                                    421,
                                    "host-not-allowed",
                                    "This node listens on loopback only: ask it by address or as localhost.")
                            .answer(),
                    limits);
            return;
        }
        next.handleRequest(exchange);
    }
}
