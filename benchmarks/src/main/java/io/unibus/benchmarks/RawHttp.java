package io.unibus.benchmarks;

import io.undertow.Undertow;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What is under a route: Undertow with as many threads as the node's, answering a constant from a worker thread. */
final class RawHttp implements AutoCloseable {
    private static final byte[] ANSWER = "{\"status\":\"live\"}".getBytes(StandardCharsets.US_ASCII);

    private final Undertow undertow;

    RawHttp() {
        undertow = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setIoThreads(2)
                .setWorkerThreads(16)
                .setHandler(exchange ->
                        exchange.dispatch(() -> exchange.getResponseSender().send(ByteBuffer.wrap(ANSWER))))
                .build();
        undertow.start();
    }

    URI url() {
        InetSocketAddress address =
                (InetSocketAddress) undertow.getListenerInfo().get(0).getAddress();
        return URI.create("http://127.0.0.1:" + address.getPort());
    }

    @Override
    public void close() {
        undertow.stop();
    }
}
