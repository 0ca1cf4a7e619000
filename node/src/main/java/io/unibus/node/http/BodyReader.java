package io.unibus.node.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSourceChannel;

/**
 * Reads the body of one request on its I/O thread, within limits of size and time; every method runs on that thread.
 * Memory is taken as bytes arrive, not as they are announced, and out of one budget for all requests.
 */
final class BodyReader {
    private static final Problem BROKEN =
            Problem.of(400, "http-400", "The request body does not follow HTTP or ended early.");
    private static final Problem NO_MEMORY =
            Problem.of(503, "busy", "This node has too many requests under way; try again.");
    /** A body is held up to twice, as it grows and for its route, beside all else that the node keeps in memory. */
    private static final long BUDGET_BYTES =
            Math.min(64L * 1024 * 1024, Runtime.getRuntime().maxMemory() / 8);

    private final HttpServerExchange exchange;
    private final HttpLimits limits;
    private final AtomicLong heldBytes;
    private final Consumer<byte[]> success;
    private final Consumer<Problem> failure;
    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    private long held;
    private XnioExecutor.@Nullable Key deadline;
    private boolean settled;

    private BodyReader(
            HttpServerExchange exchange,
            HttpLimits limits,
            AtomicLong heldBytes,
            Consumer<byte[]> success,
            Consumer<Problem> failure) {
        this.exchange = exchange;
        this.limits = limits;
        this.heldBytes = heldBytes;
        this.success = success;
        this.failure = failure;
    }

    /**
     * Calls either consumer once, with the exchange in a call.
     *
     * @param heldBytes what the bodies of all requests take; given back when the exchange is complete
     */
    static void read(
            HttpServerExchange exchange,
            HttpLimits limits,
            AtomicLong heldBytes,
            Consumer<byte[]> success,
            Consumer<Problem> failure) {
        if (exchange.isRequestComplete()) {
            success.accept(new byte[0]);
        } else if (exchange.getRequestContentLength() > Dispatcher.MAX_BODY_BYTES) {
            failure.accept(Dispatcher.BODY_TOO_LARGE);
        } else {
            new BodyReader(exchange, limits, heldBytes, success, failure).begin();
        }
    }

    private void begin() {
        exchange.addExchangeCompleteListener((done, proceed) -> {
            heldBytes.addAndGet(-held);
            proceed.proceed();
        });
        StreamSourceChannel channel = Remainder.channel(exchange);
        @Nullable Runnable outcome = readSome(channel);
        if (outcome != null) {
            outcome.run();
            return;
        }
        deadline = exchange.getIoThread()
                .executeAfter(() -> timeOut(channel), limits.body().toMillis(), TimeUnit.MILLISECONDS);
        channel.getReadSetter().set(this::arrived);
        channel.resumeReads();
    }

    private void arrived(StreamSourceChannel channel) {
        @Nullable Runnable outcome = settled ? null : readSome(channel);
        if (outcome != null) {
            settle(channel, outcome);
        }
    }

    private void timeOut(StreamSourceChannel channel) {
        if (!settled) {
            settle(
                    channel,
                    () -> failure.accept(Problem.of(
                            408,
                            "request-timeout",
                            "The request body did not arrive within "
                                    + limits.body().toSeconds() + " s.")));
        }
    }

    private void settle(StreamSourceChannel channel, Runnable outcome) {
        settled = true;
        if (deadline != null) {
            deadline.remove();
        }
        channel.getReadSetter().set(null);
        channel.suspendReads();
        Connectors.executeRootHandler(inCall -> outcome.run(), exchange);
    }

    /** What to do now, or nothing when more must arrive. */
    private @Nullable Runnable readSome(StreamSourceChannel channel) {
        try (PooledByteBuffer pooled =
                exchange.getConnection().getByteBufferPool().allocate()) {
            ByteBuffer buffer = pooled.getBuffer();
            while (true) {
                buffer.clear();
                int count = channel.read(buffer);
                if (count == 0) {
                    return null;
                }
                if (count < 0) {
                    byte[] whole = body.toByteArray();
                    body = new ByteArrayOutputStream(
                            0); // the exchange keeps this reader, which need not keep the bytes
                    return () -> success.accept(whole);
                }
                if (body.size() + count > Dispatcher.MAX_BODY_BYTES) {
                    return () -> failure.accept(Dispatcher.BODY_TOO_LARGE);
                }
                if (heldBytes.get() > BUDGET_BYTES) {
                    return () -> failure.accept(NO_MEMORY);
                }
                heldBytes.addAndGet(count);
                held += count;
                buffer.flip();
                byte[] bytes = new byte[count];
                buffer.get(bytes);
                body.write(bytes, 0, count);
            }
        } catch (IOException e) {
            return () -> failure.accept(BROKEN); // for the metrics: the connection is closed already
        }
    }
}
