package io.unibus.node.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;

/**
 * The rest of a request that was answered before all of it had come. It is read and thrown away for a while before the
 * connection is closed: closing on unread bytes would reset the connection and take the answer from the client.
 */
final class Remainder implements IoCallback {
    private static final AttachmentKey<StreamSourceChannel> CHANNEL = AttachmentKey.create(StreamSourceChannel.class);

    private final HttpLimits limits;

    private Remainder(HttpLimits limits) {
        this.limits = limits;
    }

    /** The exchange's request channel, which Undertow itself hands out only once. */
    static StreamSourceChannel channel(HttpServerExchange exchange) {
        @Nullable StreamSourceChannel known = exchange.getAttachment(CHANNEL);
        if (known != null) {
            return known;
        }
        StreamSourceChannel channel = exchange.getRequestChannel();
        exchange.putAttachment(CHANNEL, channel);
        return channel;
    }

    /** Sends the answer, whose head is set, as the last on this connection. On the I/O thread. */
    static void sendBefore(HttpServerExchange exchange, byte[] body, HttpLimits limits) {
        exchange.getResponseHeaders().put(Headers.CONNECTION, "close");
        exchange.setResponseContentLength(body.length);
        exchange.getResponseSender().send(ByteBuffer.wrap(body), new Remainder(limits));
    }

    @Override
    public void onComplete(HttpServerExchange exchange, Sender sender) {
        exchange.getIoThread()
                .executeAfter(
                        () -> IoUtils.safeClose(exchange.getConnection()),
                        limits.linger().toMillis(),
                        TimeUnit.MILLISECONDS);
        StreamSourceChannel channel = channel(exchange);
        if (discard(exchange, channel)) {
            exchange.endExchange();
        } else {
            channel.getReadSetter().set(readable -> {
                if (discard(exchange, readable)) {
                    exchange.endExchange();
                }
            });
            channel.resumeReads();
        }
    }

    @Override
    public void onException(HttpServerExchange exchange, Sender sender, IOException e) {
        IoUtils.safeClose(exchange.getConnection());
        exchange.endExchange();
    }

    /** Whether the end was reached. */
    private static boolean discard(HttpServerExchange exchange, StreamSourceChannel channel) {
        try (PooledByteBuffer pooled =
                exchange.getConnection().getByteBufferPool().allocate()) {
            ByteBuffer buffer = pooled.getBuffer();
            int count;
            do {
                buffer.clear();
                count = channel.read(buffer);
            } while (count > 0);
            return count < 0;
        } catch (IOException e) {
            return true; // the client is gone
        }
    }
}
