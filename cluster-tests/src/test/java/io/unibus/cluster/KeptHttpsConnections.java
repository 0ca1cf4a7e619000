package io.unibus.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Connections to the HTTPS of one node that are kept open, and over which it is asked in turn. Closed by whoever made them. */
final class KeptHttpsConnections implements AutoCloseable {
    private static final Duration PACE = Duration.ofMillis(20);
    private static final int LIMIT_MILLIS = 30_000;
    private static final String END_OF_ANSWER = "live\"}";

    private final List<SSLSocket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final byte[] question;
    private volatile boolean over;

    private KeptHttpsConnections(String host) {
        question = ("GET /livez HTTP/1.1\r\nHost: " + host + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Opens them all. */
    static KeptHttpsConnections open(int count, URI node, SSLContext trust) throws IOException {
        KeptHttpsConnections connections = new KeptHttpsConnections(node.getAuthority());
        InetSocketAddress address = Peer.addressOf(node.toString());
        for (int i = 0; i < count; i++) {
            SSLSocket socket =
                    (SSLSocket) trust.getSocketFactory().createSocket(address.getAddress(), address.getPort());
            connections.sockets.add(socket);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.startHandshake();
        }
        return connections;
    }

    /** Asks over each, again and again, and once more after {@link #end}. */
    void run() {
        while (!over) {
            for (SSLSocket socket : sockets) {
                if (!over) {
                    ask(socket);
                    Await.pause(PACE);
                }
            }
        }
        sockets.forEach(this::ask);
    }

    private void ask(SSLSocket socket) {
        try {
            socket.getOutputStream().write(question);
            StringBuilder answer = new StringBuilder();
            while (answer.indexOf(END_OF_ANSWER) < 0) {
                int next = socket.getInputStream().read();
                if (next < 0) {
                    throw new IOException("closed by the node");
                }
                answer.append((char) next);
            }
            answers.incrementAndGet();
        } catch (IOException e) {
            lost.incrementAndGet();
            sockets.remove(socket);
        }
    }

    void end() {
        over = true;
    }

    /** Returns how many did not answer, or were closed by the node. */
    int lost() {
        return lost.get();
    }

    int answers() {
        return answers.get();
    }

    @Override
    public void close() {
        over = true;
        try {
            for (SSLSocket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
