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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * Looks at the route ports of the peers: connects, makes the TLS handshake where routes have TLS, reads the greeting, hangs up.
 * All at a time, within a second. Thread-safe; closed by whoever made it.
 */
public final class PeerProbes implements AutoCloseable {
    /** With two looks in a row a cut must be known for sure within 2.5 seconds. */
    static final int CONNECT_MILLIS = 300;

    private static final int ANSWER_MILLIS = 400;
    private static final long RESOLVE_MILLIS = 100;
    /** Of a peer whose name has not been resolved before, and of the whole. */
    private static final long LIMIT_MILLIS = 850;

    private static final int LONGEST_GREETING = 1 << 16;

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "peer-probe");
        thread.setDaemon(true);
        return thread;
    });
    private final Addresses addresses;
    private final RouteTls tls;

    /** @param tls what routes are secured with, asked for at each look; empty for routes without TLS */
    public PeerProbes(Supplier<Optional<SSLContext>> tls) {
        this(tls, InetAddress::getByName);
    }

    PeerProbes(Supplier<Optional<SSLContext>> tls, Addresses.Resolver resolver) {
        this.tls = new RouteTls(tls);
        this.addresses = new Addresses(resolver, threads, RESOLVE_MILLIS, LIMIT_MILLIS);
    }

    /** Makes a handshake with itself, in the background; until it is made nothing is told of any peer. */
    public void warmUp() {
        tls.warmUp(threads);
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
        if (tls.isWarmingUp()) {
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
            return greeted(peer, tls.secure(socket, peer));
        } catch (SSLException e) {
            return Reach.without(peer, RouteTls.statusOf(e));
        } catch (EOFException e) {
            return Reach.without(peer, Reach.Status.DEAD);
        } catch (IOException e) {
            return Reach.without(peer, Reach.Status.PAUSED);
        }
    }

    private static Reach greeted(Peer peer, Socket socket) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("it hung up before it greeted");
            }
            if (line.size() > LONGEST_GREETING) {
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
