package io.unibus.node.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Refuses a {@code Transfer-Encoding} other than {@code chunked}, and closes the connection: where a proxy and the node
 * disagree on the end of a body, its rest is taken for another request, in another's name (RFC 9112, section 6.1).
 */
final class Framing implements HttpHandler {
    private final HttpLimits limits;
    private final HttpHandler next;

    Framing(HttpLimits limits, HttpHandler next) {
        this.limits = limits;
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        @Nullable HeaderValues encodings = exchange.getRequestHeaders().get(Headers.TRANSFER_ENCODING);
        if (encodings == null || (encodings.size() == 1 && encodings.getFirst().equalsIgnoreCase("chunked"))) {
            next.handleRequest(exchange);
            return;
        }
        exchange.setPersistent(false);
        Problem problem = Problem.of(400, "http-400", "The only Transfer-Encoding that this node takes is chunked.");
        Dispatcher.send(exchange, problem.answer().withHeader("Connection", "close"), limits);
    }
}
