package io.unibus.node.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.StatusCodes;
import org.jspecify.annotations.Nullable;

/** Gives errors that the server library answers by itself, with no body, the form of all other errors. */
final class EmptyErrors implements HttpHandler {
    private final HttpLimits limits;
    private final HttpHandler next;

    EmptyErrors(HttpLimits limits, HttpHandler next) {
        this.limits = limits;
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        exchange.addDefaultResponseListener(this::fill);
        next.handleRequest(exchange);
    }

    private boolean fill(HttpServerExchange exchange) {
        @Nullable
        Problem problem = switch (exchange.getStatusCode()) {
            case StatusCodes.SERVICE_UNAVAILABLE ->
                Problem.of(503, "busy", "This node is stopping, or has too many requests under way; try again.");
            case StatusCodes.REQUEST_ENTITY_TOO_LARGE -> Dispatcher.BODY_TOO_LARGE;
            default ->
                exchange.getStatusCode() < 400
                        ? null
                        : Problem.of(
                                exchange.getStatusCode(),
                                "http-" + exchange.getStatusCode(),
                                StatusCodes.getReason(exchange.getStatusCode()) + ".");
        };
        if (problem == null) {
            return false;
        }
        Dispatcher.send(exchange, problem.answer(), limits);
        return true;
    }
}
