package io.unibus.node.http;

import io.undertow.server.HttpServerExchange;
import io.unibus.protocol.ContentDigest;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.SignedRequest;
import java.net.InetSocketAddress;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One request as the routes see it: path parameters, query, body read whole. Values are validated when asked for. */
final class Request {
    private final HttpServerExchange exchange;
    private final Map<String, String> pathParameters;
    private final byte[] body;

    Request(HttpServerExchange exchange, Map<String, String> pathParameters, byte[] body) {
        this.exchange = exchange;
        this.pathParameters = pathParameters;
        this.body = body;
    }

    RoomId room() {
        return new RoomId(pathParameter("room"));
    }

    Endpoint endpoint() {
        return Endpoint.parse(pathParameter("endpoint"));
    }

    Optional<Epoch> epoch() {
        return query("epoch").map(Epoch::parse);
    }

    JsonObject json() {
        return JsonObject.parse(body);
    }

    Optional<String> query(String name) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? Optional.empty() : Optional.of(values.getFirst());
    }

    Optional<String> header(String name) {
        @Nullable String value = exchange.getRequestHeaders().getFirst(name);
        return Optional.ofNullable(value);
    }

    /** How many fields of this name the request has. */
    int headerCount(String name) {
        return exchange.getRequestHeaders().count(name);
    }

    byte[] body() {
        return body;
    }

    /** Returns whether this host itself asks: from a loopback address, and not by a name that a proxy has passed on. */
    boolean isFromLoopback() {
        @Nullable InetSocketAddress source = exchange.getSourceAddress();
        return source != null && source.getAddress().isLoopbackAddress() && OwnAuthorities.isLoopback(host());
    }

    /** Returns the address from which this request came, without the port. */
    String source() {
        @Nullable InetSocketAddress source = exchange.getSourceAddress();
        return source == null ? "" : source.getAddress().getHostAddress();
    }

    /** Returns the address to which this request came. */
    InetSocketAddress destination() {
        return exchange.getDestinationAddress();
    }

    /** Returns the parts that a signature covers, as they came. */
    SignedRequest signedParts() {
        return SignedRequest.of(
                exchange.getRequestMethod().toString(),
                exchange.getRequestScheme(),
                host(),
                exchange.getRequestURI(),
                exchange.getQueryString(),
                body.length == 0 ? Optional.empty() : header(ContentDigest.FIELD));
    }

    private String host() {
        return header("Host").orElse("");
    }

    private String pathParameter(String name) {
        return Optional.ofNullable(pathParameters.get(name)).orElseThrow();
    }
}
