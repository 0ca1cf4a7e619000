package io.unibus.node.http;

import io.unibus.node.control.AdmittedCaller;

/**
 * One line of the route table.
 *
 * @param template a path with {@code {room}} and {@code {endpoint}}
 * @param access who may ask; what exactly a user may see, the control plane decides
 * @param immediate whether the handler does no I/O and is answered ahead of the limit on requests under way, so that it
 *     answers while all workers wait for something
 */
record Route(String method, String template, Access access, boolean immediate, Handler handler) {
    Route(String method, String template, Access access, Handler handler) {
        this(method, template, access, false, handler);
    }

    enum Access {
        ANYONE,
        USER,
        LOOPBACK_OR_ADMIN
    }

    interface Handler {
        Answer answer(Request request);
    }

    interface UserHandler {
        Answer answer(AdmittedCaller caller, Request request);
    }

    /** As the golden file and the startup log show it. */
    @Override
    public String toString() {
        return method + " " + template + " "
                + access.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
