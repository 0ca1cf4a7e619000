package io.unibus.node.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.RequestLimit;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.StoreKind;
import io.unibus.store.QuorumUnconfirmedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import javax.inject.Inject;
import org.jspecify.annotations.Nullable;

/**
 * Takes a request from the head to the answer: finds its route, reads its body within limits on an I/O thread, lets the
 * route answer on a worker thread, and turns whatever goes wrong into a problem.
 */
final class Dispatcher implements HttpHandler {
    static final int MAX_BODY_BYTES = 1024 * 1024;
    static final Problem BODY_TOO_LARGE =
            Problem.of(413, "body-too-large", "A request body has at most " + MAX_BODY_BYTES + " bytes.");

    private static final int MAX_CONCURRENT_REQUESTS = 64;
    private static final int MAX_WAITING_REQUESTS = 1024;
    private static final Problem NO_SUCH_ROUTE =
            Problem.of(404, "no-such-route", "There is nothing at this path; GET /openapi.yaml lists what there is.");

    private final RouteTable table;
    private final HttpMetrics metrics;
    private final LongSupplier nanoTime;
    private final HttpLimits limits;
    private final Duration longestReading;
    /** Bytes of bodies of all requests that have not ended. */
    private final AtomicLong heldBytes = new AtomicLong();

    private final RequestLimit underWay = new RequestLimit(MAX_CONCURRENT_REQUESTS, MAX_WAITING_REQUESTS);

    @Inject
    Dispatcher(Routes routes, HttpMetrics metrics, LongSupplier nanoTime, NodeConfig config) {
        this(routes, metrics, nanoTime, HttpLimits.DEFAULT, longestReading(config));
    }

    /** @param longestReading how long after its request an answer that was read from the store may still be given */
    Dispatcher(Routes routes, HttpMetrics metrics, LongSupplier nanoTime, HttpLimits limits, Duration longestReading) {
        this.longestReading = longestReading;
        this.table = new RouteTable(routes.table());
        this.metrics = metrics;
        this.nanoTime = nanoTime;
        this.limits = limits;
        underWay.setFailureHandler(exchange ->
                exchange.setStatusCode(StatusCodes.SERVICE_UNAVAILABLE).endExchange());
    }

    /** In a cluster others may have decided otherwise meanwhile, as they do when this process was paused. */
    private static Duration longestReading(NodeConfig config) {
        return config.store() == StoreKind.KV ? config.opTimeout() : ChronoUnit.FOREVER.getDuration();
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        long begin = nanoTime.getAsLong();
        Optional<RouteTable.Match> match = table.find(exchange.getRelativePath());
        count(exchange, match.map(RouteTable.Match::template).orElse("none"), begin);
        if (match.isEmpty()) {
            send(exchange, NO_SUCH_ROUTE.answer(), limits);
            return;
        }
        String method = exchange.getRequestMethod().toString();
        @Nullable Route route = match.get().byMethod().get(method.equals("HEAD") ? "GET" : method);
        if (route == null) {
            String allowed = String.join(", ", match.get().byMethod().keySet()).replace("GET", "GET, HEAD");
            send(
                    exchange,
                    Problem.of(405, "method-not-allowed", "This path answers " + allowed + ".")
                            .answer()
                            .withHeader("Allow", allowed),
                    limits);
            return;
        }
        Map<String, String> parameters = match.get().parameters();
        BodyReader.read(
                exchange,
                limits,
                heldBytes,
                body -> answer(exchange, route, new Request(exchange, parameters, body), begin),
                problem -> send(exchange, problem.answer(), limits));
    }

    private void count(HttpServerExchange exchange, String template, long begin) {
        exchange.addExchangeCompleteListener((done, proceed) -> {
            metrics.answered(
                    done.getRequestMethod().toString(), template, done.getStatusCode(), nanoTime.getAsLong() - begin);
            proceed.proceed();
        });
    }

    private void answer(HttpServerExchange exchange, Route route, Request request, long begin) {
        if (route.immediate()) {
            send(exchange, answer(route, request), limits);
        } else {
            answerOnWorker(exchange, route, request, begin);
        }
    }

    /** Only now does the request count as under way: one whose body is slow to come keeps no other waiting. */
    private void answerOnWorker(HttpServerExchange exchange, Route route, Request request, long begin) {
        HttpHandler work = worker -> send(worker, unlessOld(route, answer(route, request), begin), limits);
        try {
            underWay.handleRequest(exchange, admitted -> {
                if (admitted.isInIoThread()) {
                    admitted.dispatch(work);
                } else {
                    work.handleRequest(admitted);
                }
            });
        } catch (Exception e) { // declared by HttpHandler; neither of these two throws
            throw new IllegalStateException(e);
        }
    }

    /** A read is a decision, and an old one is none; a write that was acknowledged has happened. */
    private Answer unlessOld(Route route, Answer answer, long begin) {
        boolean read = route.access() == Route.Access.USER && route.method().equals("GET");
        Duration age = Duration.ofNanos(nanoTime.getAsLong() - begin);
        if (read && age.compareTo(longestReading) > 0) {
            metrics.unconfirmed();
            return Problems.quorumUnconfirmed().answer();
        }
        return answer;
    }

    private Answer answer(Route route, Request request) {
        try {
            return route.handler().answer(request);
        } catch (QuorumUnconfirmedException e) {
            metrics.unconfirmed();
            return Problems.of(e, route.toString()).answer();
        } catch (RuntimeException | Error e) { // whatever it is, the client gets an answer and the log the reason
            return Problems.of(e, route.toString()).answer();
        }
    }

    static void send(HttpServerExchange exchange, Answer answer, HttpLimits limits) {
        exchange.setStatusCode(answer.status());
        exchange.setReasonPhrase(Problem.title(answer.status()));
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseHeaders().put(new HttpString("X-Content-Type-Options"), "nosniff");
        answer.headers().forEach((name, value) -> exchange.getResponseHeaders().put(new HttpString(name), value));
        if (answer.body().length == 0) {
            exchange.endExchange();
            return;
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, answer.mediaType());
        if (exchange.isRequestComplete()) {
            exchange.getResponseSender().send(ByteBuffer.wrap(answer.body()));
        } else {
            Remainder.sendBefore(exchange, answer.body(), limits);
        }
    }
}
