package io.unibus.node.http;

import io.undertow.io.IoCallback;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.PathTemplateMatcher;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import javax.inject.Inject;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/**
 * Takes a request from the head to the answer: finds its route, reads its body within limits on an I/O thread, lets the
 * route answer on a worker thread, and turns whatever goes wrong into a problem.
 */
final class Dispatcher implements HttpHandler {
    static final int MAX_BODY_BYTES = 1024 * 1024;
    static final Problem BODY_TOO_LARGE =
            Problem.of(413, "body-too-large", "A request body has at most " + MAX_BODY_BYTES + " bytes.");

    private static final Problem BODY_TOO_SLOW = Problem.of(
            408,
            "request-timeout",
            "The request body did not arrive within " + HttpServer.READ_LIMIT.toSeconds() + " s.");
    private static final Problem NO_SUCH_ROUTE =
            Problem.of(404, "no-such-route", "There is nothing at this path; GET /openapi.yaml lists what there is.");

    private final PathTemplateMatcher<Map<String, Route>> matcher = new PathTemplateMatcher<>();
    private final HttpMetrics metrics;
    private final LongSupplier nanoTime;

    @Inject
    Dispatcher(Routes routes, HttpMetrics metrics, LongSupplier nanoTime) {
        this.metrics = metrics;
        this.nanoTime = nanoTime;
        Map<String, Map<String, Route>> byTemplate = new TreeMap<>();
        for (Route route : routes.table()) {
            byTemplate
                    .computeIfAbsent(route.template(), template -> new TreeMap<>())
                    .put(route.method(), route);
        }
        byTemplate.forEach(matcher::add);
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        long begin = nanoTime.getAsLong();
        PathTemplateMatcher.@Nullable PathMatchResult<Map<String, Route>> match =
                matcher.match(exchange.getRelativePath());
        if (match == null) {
            count(exchange, "none", begin);
            send(exchange, NO_SUCH_ROUTE.answer());
            return;
        }
        count(exchange, match.getMatchedTemplate(), begin);
        String method = exchange.getRequestMethod().toString();
        @Nullable Route route = match.getValue().get(method.equals("HEAD") ? "GET" : method);
        if (route == null) {
            String allowed = String.join(", ", match.getValue().keySet());
            send(
                    exchange,
                    Problem.of(405, "method-not-allowed", "This path answers " + allowed + ".")
                            .answer()
                            .withHeader("Allow", allowed));
            return;
        }
        if (route.takesBody()) {
            readBody(exchange, body -> answer(exchange, route, match.getParameters(), body));
        } else {
            answer(exchange, route, match.getParameters(), new byte[0]);
        }
    }

    private void count(HttpServerExchange exchange, String template, long begin) {
        exchange.addExchangeCompleteListener((done, proceed) -> {
            metrics.answered(
                    done.getRequestMethod().toString(), template, done.getStatusCode(), nanoTime.getAsLong() - begin);
            proceed.proceed();
        });
    }

    private static void readBody(HttpServerExchange exchange, BodyHandler next) {
        if (exchange.getRequestContentLength() > MAX_BODY_BYTES) {
            sendAndClose(exchange, BODY_TOO_LARGE.answer());
            return;
        }
        AtomicBoolean settled = new AtomicBoolean();
        XnioExecutor.Key deadline = exchange.getIoThread()
                .executeAfter(
                        () -> {
                            if (settled.compareAndSet(false, true)) {
                                sendAndClose(exchange, BODY_TOO_SLOW.answer());
                            }
                        },
                        HttpServer.READ_LIMIT.toMillis(),
                        TimeUnit.MILLISECONDS);
        exchange.getRequestReceiver().setMaxBufferSize(MAX_BODY_BYTES);
        exchange.getRequestReceiver()
                .receiveFullBytes(
                        (received, body) -> {
                            if (settled.compareAndSet(false, true)) {
                                deadline.remove();
                                next.accept(body);
                            }
                        },
                        (failed, e) -> {
                            if (settled.compareAndSet(false, true)) {
                                deadline.remove();
                                sendAndClose(exchange, BODY_TOO_LARGE.answer());
                            }
                        });
    }

    private static void answer(
            HttpServerExchange exchange, Route route, Map<String, String> pathParameters, byte[] body) {
        exchange.dispatch(() -> send(exchange, answer(route, new Request(exchange, pathParameters, body))));
    }

    private static Answer answer(Route route, Request request) {
        try {
            return route.handler().answer(request);
        } catch (RuntimeException | Error e) { // whatever it is, the client gets an answer and the log the reason
            return Problems.of(e, route.toString()).answer();
        }
    }

    static void send(HttpServerExchange exchange, Answer answer) {
        send(exchange, answer, IoCallback.END_EXCHANGE);
    }

    /** For a request whose body will not be read: what still arrives of it must not be taken for the next request. */
    private static void sendAndClose(HttpServerExchange exchange, Answer answer) {
        exchange.setPersistent(false);
        send(exchange, answer, new IoCallback() {
            @Override
            public void onComplete(HttpServerExchange sent, io.undertow.io.Sender sender) {
                sent.endExchange();
            }

            @Override
            public void onException(HttpServerExchange sent, io.undertow.io.Sender sender, java.io.IOException e) {
                IoUtils.safeClose(sent.getConnection());
            }
        });
    }

    private static void send(HttpServerExchange exchange, Answer answer, IoCallback then) {
        exchange.setStatusCode(answer.status());
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        exchange.getResponseHeaders().put(new HttpString("X-Content-Type-Options"), "nosniff");
        answer.headers().forEach((name, value) -> exchange.getResponseHeaders().put(new HttpString(name), value));
        if (answer.body().length == 0) {
            exchange.endExchange();
            return;
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, answer.mediaType());
        exchange.getResponseSender().send(ByteBuffer.wrap(answer.body()), then);
    }

    private interface BodyHandler {
        void accept(byte[] body);
    }
}
