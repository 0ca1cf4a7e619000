package io.unibus.node.http;

import io.unibus.protocol.Endpoint;

/**
 * One line of the route table.
 *
 * @param template a path with {@code {room}} and {@code {endpoint}}
 * @param access who may ask; what exactly a user may see, the control plane decides
 */
record Route(String method, String template, Access access, Handler handler) {
    enum Access {
        ANYONE,
        USER,
        LOOPBACK_OR_ADMIN
    }

    interface Handler {
        Answer answer(Request request);
    }

    interface UserHandler {
        Answer answer(Endpoint caller, Request request);
    }

    /** As the golden file and the startup log show it. */
    @Override
    public String toString() {
        return method + " " + template + " "
                + access.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
