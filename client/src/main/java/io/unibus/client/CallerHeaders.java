package io.unibus.client;

import io.unibus.protocol.Headers;
import java.net.http.HttpRequest;

/** Says in each request who is calling. The one place for request signatures (RFC 9421), once nodes verify them. */
final class CallerHeaders {
    private final Identity caller;

    CallerHeaders(Identity caller) {
        this.caller = caller;
    }

    /** Adds what names the caller to a request whose method, URI and body are set. */
    HttpRequest decorate(HttpRequest.Builder request) {
        return request.header(Headers.ENDPOINT, caller.endpoint().nkey()).build();
    }
}
