package io.unibus.node.http;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.GracefulShutdownHandler;
import io.undertow.server.handlers.HttpContinueReadHandler;
import io.unibus.embeddednats.HostPort;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.node.tls.NodeTls;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import javax.inject.Inject;
import javax.inject.Singleton;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;
import org.xnio.Sequence;

/**
 * The HTTP listener with its limits, time-outs and drain. Started once, closed by {@link #close}, which stops taking
 * requests, lets those under way end, and then closes all connections.
 */
@Singleton
public final class HttpServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HttpServer.class);

    private static final int IO_THREADS = 2;
    private static final int WORKER_THREADS = 16;
    private static final int MAX_CONNECTIONS = 4096;
    private static final int MAX_HEADER_BYTES = 16 * 1024;

    private final HostPort listen;
    private final String scheme;
    private final HttpLimits limits;
    private final GracefulShutdownHandler drain;
    private final Undertow undertow;
    private boolean started;
    private boolean closed;

    @Inject
    HttpServer(NodeConfig config, NodeTls tls, Dispatcher dispatcher) {
        this(config.http(), config.httpNames(), tls.serverContext(), dispatcher, HttpLimits.DEFAULT);
    }

    /**
     * @param names by which clients may ask this node, beside its address
     * @param tls what connections are secured with; empty for plain ones
     */
    HttpServer(
            HostPort listen, List<String> names, Optional<SSLContext> tls, Dispatcher dispatcher, HttpLimits limits) {
        this.listen = listen;
        this.scheme = tls.isPresent() ? "https" : "http";
        this.limits = limits;
        this.drain = new GracefulShutdownHandler(new HttpContinueReadHandler(dispatcher));
        OwnAuthorities authorities = new OwnAuthorities(scheme, listen, names);
        HttpHandler root =
                new EmptyErrors(limits, new Framing(limits, new HostCheck(listen, authorities, limits, drain)));
        Undertow.Builder builder = Undertow.builder();
        tls.ifPresentOrElse(
                context -> builder.addHttpsListener(listen.port(), listen.host(), context)
                        .setSocketOption(Options.SSL_ENABLED_PROTOCOLS, Sequence.of("TLSv1.3", "TLSv1.2")),
                () -> builder.addHttpListener(listen.port(), listen.host()));
        this.undertow = builder.setIoThreads(IO_THREADS)
                .setWorkerThreads(WORKER_THREADS)
                .setDirectBuffers(false)
                .setBufferSize(4 * 1024)
                // BodyReader has the limit; here it would cut off a client that has yet to read that it was refused.
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, 32)
                .setServerOption(UndertowOptions.MAX_HEADERS, 64)
                .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, (int)
                        limits.head().toMillis())
                .setServerOption(
                        UndertowOptions.NO_REQUEST_TIMEOUT, (int) limits.idle().toMillis())
                .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                .setSocketOption(Options.WRITE_TIMEOUT, (int) limits.idle().toMillis())
                .setSocketOption(Options.CONNECTION_HIGH_WATER, MAX_CONNECTIONS)
                .setSocketOption(Options.CONNECTION_LOW_WATER, MAX_CONNECTIONS)
                .setSocketOption(Options.BACKLOG, 512)
                .setHandler(root)
                .build();
    }

    /** @throws FatalException when the address cannot be listened on */
    public synchronized void start() {
        if (closed) {
            throw new IllegalStateException("the HTTP server was closed");
        }
        try {
            undertow.start();
        } catch (RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof BindException) {
                throw new FatalException(
                        ExitCode.UNAVAILABLE,
                        "cannot listen for HTTP on " + listen + " (" + cause.getMessage()
                                + "): stop what uses that address, or choose another with --http HOST:PORT",
                        e);
            }
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    "cannot listen for HTTP on " + listen + " (" + cause.getMessage()
                            + "): choose another address with --http HOST:PORT",
                    e);
        }
        started = true;
    }

    /** The base URL for a process of this host, with the port that was really taken. */
    public String url() {
        InetSocketAddress address =
                (InetSocketAddress) undertow.getListenerInfo().get(0).getAddress();
        return scheme + "://" + new HostPort(reachableHost(listen.host()), address.getPort());
    }

    /** Nobody can connect to a wildcard address everywhere; loopback is part of it. */
    private static String reachableHost(String host) {
        return switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::" -> "::1";
            default -> host;
        };
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (!started) {
            return;
        }
        started = false;
        drain.shutdown();
        try {
            if (!drain.awaitShutdown(limits.drain().toMillis())) {
                log.warn(
                        "some HTTP requests did not end within {} s and were cut off",
                        limits.drain().toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        undertow.stop();
    }
}
