package io.unibus.bootstrap;

import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the route ports of the peers: connects, makes the TLS handshake where routes have TLS, reads the greeting, hangs up.
 * All at a time, within a second. Thread-safe; closed by whoever made it.
 */
public final class PeerProbes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PeerProbes.class);

    /** With two looks in a row a cut must be known for sure within 2.5 seconds. */
    static final int CONNECT_MILLIS = 300;

    private static final int ANSWER_MILLIS = 400;
    private static final long RESOLVE_MILLIS = 100;
    /** Of a peer whose name has not been resolved before, and of the whole. */
    private static final long LIMIT_MILLIS = 850;

    private static final int LONGEST_GREETING = 1 << 16;
    private static final int WARM_UP_MILLIS = 10_000;

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "peer-probe");
        thread.setDaemon(true);
        return thread;
    });
    private final Addresses addresses;
    private final Supplier<Optional<SSLContext>> tls;
    private volatile boolean warmingUp;

    /** @param tls what routes are secured with, asked for at each look; empty for routes without TLS */
    public PeerProbes(Supplier<Optional<SSLContext>> tls) {
        this(tls, InetAddress::getByName);
    }

    PeerProbes(Supplier<Optional<SSLContext>> tls, Addresses.Resolver resolver) {
        this.tls = tls;
        this.addresses = new Addresses(resolver, threads, RESOLVE_MILLIS, LIMIT_MILLIS);
    }

    /**
     * Makes one handshake with itself, in the background. The first one of a Java machine takes longer than a look may; until it
     * is made nothing is told of any peer, and no peer waits for the end of a handshake.
     */
    public void warmUp() {
        warmingUp = true;
        threads.execute(() -> {
            try {
                Optional<SSLContext> context = tls.get();
                if (context.isPresent()) {
                    shakeHands(context.get());
                }
            } catch (IOException | RejectedExecutionException e) { // also when it is closed meanwhile
                log.debug("no handshake with itself was made", e);
            } finally {
                warmingUp = false;
            }
        });
    }

    private void shakeHands(SSLContext context) throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (SSLServerSocket door =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            door.setNeedClientAuth(true);
            door.setSoTimeout(WARM_UP_MILLIS);
            threads.execute(() -> greet(context, loopback, door.getLocalPort()));
            try (Socket accepted = door.accept()) {
                accepted.setSoTimeout(WARM_UP_MILLIS);
                log.debug(
                        "shook hands with itself: {}", accepted.getInputStream().read());
            }
        }
    }

    private static void greet(SSLContext context, InetAddress loopback, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(loopback, port), CONNECT_MILLIS);
            socket.setSoTimeout(WARM_UP_MILLIS);
            Socket secured = context.getSocketFactory().createSocket(socket, "localhost", port, true);
            secured.getOutputStream().write('\n');
        } catch (IOException e) {
            log.debug("no handshake with itself was made", e);
        }
    }

    /** In the order of the peers. */
    public List<Reach> probe(List<Peer> peers) throws InterruptedException {
        List<CompletableFuture<Reach>> running = new ArrayList<>();
        for (Peer peer : peers) {
            running.add(CompletableFuture.supplyAsync(() -> probe(peer), threads));
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
        List<Reach> reached = new ArrayList<>();
        for (int i = 0; i < peers.size(); i++) {
            reached.add(await(running.get(i), peers.get(i), deadline - System.nanoTime()));
        }
        return reached;
    }

    private static Reach await(CompletableFuture<Reach> running, Peer peer, long nanos) throws InterruptedException {
        try {
            return running.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return Reach.without(peer, Reach.Status.UNKNOWN);
        }
    }

    private Reach probe(Peer peer) {
        if (warmingUp) {
            return Reach.without(peer, Reach.Status.UNKNOWN);
        }
        try {
            return addresses
                    .of(peer.host())
                    .map(address -> probe(peer, address))
                    .orElse(Reach.without(peer, Reach.Status.UNKNOWN));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reach.without(peer, Reach.Status.UNKNOWN);
        }
    }

    private Reach probe(Peer peer, InetAddress address) {
        try (Socket socket = new Socket()) {
            try {
                socket.connect(new InetSocketAddress(address, peer.port()), CONNECT_MILLIS);
            } catch (ConnectException e) {
                boolean refused =
                        String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("refused");
                return Reach.without(peer, refused ? Reach.Status.DEAD : Reach.Status.CUT);
            } catch (IOException e) { // no answer, no route
                return Reach.without(peer, Reach.Status.CUT);
            }
            socket.setSoTimeout(ANSWER_MILLIS);
            Optional<SSLContext> context = tls.get();
            return greeted(peer, context.isPresent() ? secured(peer, socket, context.get()) : socket);
        } catch (SSLException e) {
            return Reach.without(peer, unsecured(e));
        } catch (IOException e) {
            return Reach.without(peer, Reach.Status.PAUSED);
        }
    }

    private static Reach.Status unsecured(SSLException e) {
        if (e.getCause() instanceof SocketTimeoutException) {
            return Reach.Status.PAUSED;
        }
        return e.getCause() instanceof EOFException ? Reach.Status.DEAD : Reach.Status.STRANGER;
    }

    /** A server behind TLS says nothing before the handshake. */
    private static Socket secured(Peer peer, Socket socket, SSLContext context) throws IOException {
        String host =
                peer.host().endsWith(".") ? peer.host().substring(0, peer.host().length() - 1) : peer.host();
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, host, peer.port(), true);
        if (host.indexOf('_') < 0) { // Java refuses every name with one; nats-server does not
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 2818: the name or address that was asked for
            secured.setSSLParameters(parameters);
        }
        secured.startHandshake();
        return secured;
    }

    private static Reach greeted(Peer peer, Socket socket) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || line.size() > LONGEST_GREETING) {
                return Reach.without(peer, Reach.Status.STRANGER);
            }
            line.write(next);
        }
        return greeting(peer, line.toString(StandardCharsets.UTF_8));
    }

    /** The first line that a server sends, {@code INFO {…}}. */
    static Reach greeting(Peer peer, String line) {
        if (!line.startsWith("INFO ")) {
            return Reach.without(peer, Reach.Status.STRANGER);
        }
        try {
            JsonValue info = JsonParser.parse(line.substring("INFO ".length()));
            return new Reach(
                    peer,
                    Reach.Status.REACHABLE,
                    JsonValueUtils.readString(info, "server_name", ""),
                    JsonValueUtils.readString(info, "server_id", ""),
                    JsonValueUtils.readString(info, "cluster", ""));
        } catch (JsonParseException e) {
            return Reach.without(peer, Reach.Status.STRANGER);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
