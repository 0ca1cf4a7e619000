package io.unibus.bootstrap;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The TLS handshake with servers behind their route ports, if routes have TLS. Thread-safe. */
final class RouteTls {
    private static final Logger log = LoggerFactory.getLogger(RouteTls.class);
    private static final int WARM_UP_MILLIS = 10_000;

    private final Supplier<Optional<SSLContext>> contexts;
    private volatile boolean warmingUp;

    /** @param contexts gives what routes are secured with; empty for routes without TLS */
    RouteTls(Supplier<Optional<SSLContext>> contexts) {
        this.contexts = contexts;
    }

    boolean isWarmingUp() {
        return warmingUp;
    }

    /**
     * Makes the handshake on a connection to a peer, which says nothing before it.
     *
     * @return the secured connection, or the same one when routes have no TLS
     */
    Socket secure(Socket socket, Peer peer) throws IOException {
        Optional<SSLContext> context = contexts.get();
        if (context.isEmpty()) {
            return socket;
        }
        String host =
                peer.host().endsWith(".") ? peer.host().substring(0, peer.host().length() - 1) : peer.host();
        SSLSocket secured = (SSLSocket) context.get().getSocketFactory().createSocket(socket, host, peer.port(), true);
        if (host.indexOf('_') < 0) { // Java refuses every name with one; nats-server does not
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 2818: the name or address that was asked for
            secured.setSSLParameters(parameters);
        }
        secured.startHandshake();
        return secured;
    }

    /** Returns what a failed handshake says of the other side. */
    static Reach.Status statusOf(SSLException failure) {
        if (failure.getCause() instanceof SocketTimeoutException) {
            return Reach.Status.PAUSED;
        }
        return failure.getCause() instanceof EOFException ? Reach.Status.DEAD : Reach.Status.STRANGER;
    }

    /** Makes one handshake between two ends in this process: the first one of a Java machine takes longer than a look may. */
    void warmUp(Executor threads) {
        warmingUp = true;
        threads.execute(() -> {
            try {
                Optional<SSLContext> context = contexts.get();
                if (context.isPresent()) {
                    acceptOne(context.get(), threads);
                }
            } catch (IOException | RejectedExecutionException e) { // also when it is closed meanwhile
                log.debug("no first handshake was made", e);
            } finally {
                warmingUp = false;
            }
        });
    }

    private static void acceptOne(SSLContext context, Executor threads) throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (SSLServerSocket listener =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            listener.setNeedClientAuth(true);
            listener.setSoTimeout(WARM_UP_MILLIS);
            InetSocketAddress address = new InetSocketAddress(loopback, listener.getLocalPort());
            threads.execute(() -> connectTo(address, context));
            try (Socket accepted = listener.accept()) {
                accepted.setSoTimeout(WARM_UP_MILLIS);
                log.debug(
                        "the first handshake was made: {}",
                        accepted.getInputStream().read());
            }
        }
    }

    private static void connectTo(InetSocketAddress address, SSLContext context) {
        try (Socket socket = new Socket()) {
            socket.connect(address, WARM_UP_MILLIS);
            socket.setSoTimeout(WARM_UP_MILLIS);
            Socket secured =
                    context.getSocketFactory().createSocket(socket, address.getHostString(), address.getPort(), true);
            secured.getOutputStream().write(1);
        } catch (IOException e) {
            log.debug("no first handshake was made", e);
        }
    }
}
