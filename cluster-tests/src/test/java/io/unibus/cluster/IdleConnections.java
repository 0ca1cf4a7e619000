package io.unibus.cluster;

import io.unibus.client.Identity;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Many connections of peers to the bus that only answer the server's PING, served by one thread. Closed by whoever made them. */
final class IdleConnections implements AutoCloseable {
    private static final byte[] PONG = "PONG\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Selector selector;
    private final AtomicInteger lost = new AtomicInteger();
    private final Thread thread = new Thread(this::serve, "idle-connections");
    private volatile boolean over;

    IdleConnections() throws IOException {
        selector = Selector.open();
        thread.setDaemon(true);
        thread.start();
    }

    /** Connects once more, and returns when it is let in. */
    void add(String bus, Identity identity) throws IOException {
        Socket socket = NatsSocket.connect(bus);
        NatsSocket.logIn(socket, identity);
        String said = NatsSocket.untilPong(socket);
        if (said.contains("-ERR")) {
            throw new IOException("not let in: " + said);
        }
        SocketChannel channel = socket.getChannel();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
        selector.wakeup();
    }

    int size() {
        return selector.keys().size();
    }

    /** Returns how many were closed by the server. */
    int lost() {
        return lost.get();
    }

    private void serve() {
        ByteBuffer buffer = ByteBuffer.allocate(8_192);
        try {
            while (!over) {
                selector.select(key -> read(key, buffer), 1_000);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void read(SelectionKey key, ByteBuffer buffer) {
        SocketChannel channel = (SocketChannel) key.channel();
        buffer.clear();
        try {
            if (channel.read(buffer) < 0) {
                throw new IOException("closed by the server");
            }
            if (StandardCharsets.US_ASCII.decode(buffer.flip()).toString().contains("PING")) {
                channel.write(ByteBuffer.wrap(PONG));
            }
        } catch (IOException e) {
            lost.incrementAndGet();
            key.cancel();
        }
    }

    @Override
    public void close() throws IOException {
        over = true;
        selector.wakeup();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
