package io.unibus.client;

import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one node over HTTP/1.1, each bounded in time and in the size of its answer. Follows no redirects and repeats
 * nothing. Thread-safe.
 */
final class NodeHttp {
    private static final byte[] NO_BODY = {};
    /** Holds what Java says of an answer that does not begin like one of HTTP, such as an alert of TLS. */
    private static final String NO_HTTP = "parsing HTTP/1.1 status line";

    private final URI url;
    private final Optional<RequestSigner> caller;
    private final Duration requestTimeout;
    private final HttpClient http;

    /**
     * @param caller signs each request; empty for what anybody may ask
     * @param tls what is trusted; empty for the authorities of the Java platform
     */
    NodeHttp(
            URI url,
            Optional<RequestSigner> caller,
            Optional<SSLContext> tls,
            Duration connectTimeout,
            Duration requestTimeout) {
        this.url = requireHttp(url);
        this.caller = caller;
        this.requestTimeout = requestTimeout;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(connectTimeout);
        tls.ifPresent(builder::sslContext);
        this.http = builder.build();
    }

    /** Reads or writes, by the method, like {@link #get} and {@link #post}. */
    byte[] request(String method, String path, byte[] body) {
        try {
            return method.equals("GET") && body.length == 0 ? get(path) : write(method, path, body);
        } catch (IllegalArgumentException e) { // of the URI, or of the method
            throw new MalformedException("request", method + " " + path + " cannot be sent: " + e.getMessage());
        }
    }

    /** Reads; no answer is an {@link UnreachableException}. */
    byte[] get(String path) {
        try {
            return exchange("GET", path, NO_BODY);
        } catch (OutcomeUnknownException e) {
            throw new UnreachableException(
                    "no answer from " + url + " to GET " + path + " (" + reason(e.getCause()) + "): see the node's log"
                            + " and its " + url + "/readyz, then try again",
                    e);
        }
    }

    /** Writes JSON; no answer is an {@link OutcomeUnknownException}. */
    byte[] post(String path, byte[] json) {
        return write("POST", path, json);
    }

    /** Writes without a body; no answer is an {@link OutcomeUnknownException}. */
    byte[] post(String path) {
        return write("POST", path, NO_BODY);
    }

    /** Writes; no answer is an {@link OutcomeUnknownException}. */
    void delete(String path) {
        write("DELETE", path, NO_BODY);
    }

    private byte[] write(String method, String path, byte[] body) {
        try {
            return exchange(method, path, body);
        } catch (ProblemException e) {
            if (leavesOutcomeOpen(e)) {
                throw outcomeUnknown(method, path, e);
            }
            throw e;
        }
    }

    /** The node failed midway, or does not know itself, or something between gave up on it. */
    private static boolean leavesOutcomeOpen(ProblemException e) {
        return e.status() == 500
                || e.hasCode("outcome-unknown")
                || (e.status() > 500 && e.hasCode("http-" + e.status()));
    }

    private byte[] exchange(String method, String path, byte[] body) {
        URI uri = URI.create(url + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                .header("Accept", "application/json, application/problem+json");
        if (body.length > 0) {
            request.header("Content-Type", "application/json");
        }
        caller.ifPresent(signer -> signer.sign(request, method, uri, body));
        HttpResponse<byte[]> response = await(method, path, request.build());
        if (response.statusCode() / 100 == 2) {
            return response.body();
        }
        String contentType = response.headers().firstValue("Content-Type").orElse("");
        throw new ProblemException(Problem.read(response.statusCode(), contentType, response.body()));
    }

    /** The limit covers the whole exchange, also a body that comes byte by byte. */
    private HttpResponse<byte[]> await(String method, String path, HttpRequest request) {
        CompletableFuture<HttpResponse<byte[]>> response = http.sendAsync(request, BoundedBody.handler());
        try {
            return response.get(requestTimeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failed(method, path, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw outcomeUnknown(
                    method, path, new TimeoutException("no whole answer within " + requestTimeout.toMillis() + " ms"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw outcomeUnknown(method, path, e);
        } finally {
            response.cancel(true); // closes the connection when the answer is not there
        }
    }

    private ClientException failed(String method, String path, Throwable cause) {
        if (cause instanceof SSLException failure && url.getScheme().equalsIgnoreCase("https")) {
            Optional<UntrustedNodeException> untrusted = UntrustedNodeException.of(url, failure);
            if (untrusted.isPresent()) {
                return untrusted.get();
            }
        }
        if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
            return new UnreachableException(
                    "cannot connect to " + url + " (" + reason(cause)
                            + "): check that `unibus node` runs there and that the URL is right",
                    cause);
        }
        if (cause instanceof IOException) {
            return outcomeUnknown(method, path, cause);
        }
        throw new IllegalStateException("unexpected failure of " + method + " " + url + path, cause);
    }

    private OutcomeUnknownException outcomeUnknown(String method, String path, Throwable cause) {
        return new OutcomeUnknownException(
                "no certain answer from " + url + " to " + method + " " + path + " (" + reason(cause)
                        + "): it may or may not have been carried out; look before you repeat it",
                cause);
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause == null) {
            return "no reason given";
        }
        String message = cause.getMessage();
        if (message != null && message.startsWith(NO_HTTP)) { // with bytes in it that are not for a terminal
            return "what answers there is no HTTP: a node with TLS is asked by https:";
        }
        if (message != null && !message.isBlank()) {
            return message;
        }
        if (cause instanceof ConnectException) { // the HTTP client leaves its message empty
            return cause.getCause() instanceof UnresolvedAddressException
                    ? "the host's name has no address"
                    : "connection refused";
        }
        return cause.getClass().getSimpleName();
    }

    private static URI requireHttp(URI url) {
        String scheme = url.getScheme();
        if (!("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))
                || url.getHost() == null
                || url.getRawUserInfo() != null
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            throw new MalformedException("url", "a node's URL is like http://127.0.0.1:8420");
        }
        String text = url.toString();
        return URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    }
}
