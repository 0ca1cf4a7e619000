package io.unibus.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Carries the bytes of every connection that it accepts to another address, and back. As a process inside a network
 * namespace it leads from a socket file, which all namespaces share, to a port of that namespace; inside the test from a
 * loopback port to that file. A connection that ends at one side ends at the other.
 */
final class Relay implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ServerSocketChannel server;
    private final SocketAddress target;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        return thread;
    });

    private Relay(ServerSocketChannel server, SocketAddress target) {
        this.server = server;
        this.target = target;
    }

    static Relay start(SocketAddress listen, SocketAddress target) {
        try {
            ServerSocketChannel server = open(listen);
            server.bind(listen);
            Relay relay = new Relay(server, target);
            relay.threads.execute(relay::accept);
            return relay;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ServerSocketChannel open(SocketAddress address) throws IOException {
        return address instanceof UnixDomainSocketAddress
                ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                : ServerSocketChannel.open();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = server.accept();
                threads.execute(() -> connect(client));
            }
        } catch (IOException closed) {
            threads.shutdownNow();
        }
    }

    private void connect(SocketChannel client) {
        try (client;
                SocketChannel there = SocketChannel.open(target)) {
            threads.execute(() -> copy(there, client));
            copy(client, there);
        } catch (IOException refused) {
            // whoever connected sees the end of its connection
        }
    }

    /** Closes both at the end: HTTP has no use for a connection that is open in one direction. */
    private static void copy(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (from;
                to) {
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
        } catch (IOException ended) {
            // the other side sees the same
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        threads.shutdownNow();
    }

    /**
     * Ends when its standard input does.
     *
     * @param arguments for each relay three: socket file to listen on; address and port to connect to
     */
    public static void main(String[] arguments) throws IOException {
        List<Relay> relays = new ArrayList<>();
        for (int i = 0; i < arguments.length; i += 3) {
            SocketAddress file = UnixDomainSocketAddress.of(Path.of(arguments[i]));
            relays.add(start(file, new InetSocketAddress(arguments[i + 1], Integer.parseInt(arguments[i + 2]))));
        }
        while (System.in.read() >= 0) {
            // nothing is said to it
        }
        for (Relay relay : relays) {
            relay.close();
        }
    }
}
