package io.unibus.node.bus;

import io.nats.client.Connection;
import io.unibus.embeddednats.Account;
import io.unibus.embeddednats.AuthCallout;
import io.unibus.embeddednats.ClientTls;
import io.unibus.embeddednats.Cluster;
import io.unibus.embeddednats.InstalledBinary;
import io.unibus.embeddednats.MutualTls;
import io.unibus.embeddednats.NatsBinary;
import io.unibus.embeddednats.NatsServer;
import io.unibus.embeddednats.NatsServerException;
import io.unibus.embeddednats.ProbeLogin;
import io.unibus.embeddednats.Secret;
import io.unibus.embeddednats.ServerConfig;
import io.unibus.embeddednats.ServerState;
import io.unibus.embeddednats.StateListener;
import io.unibus.embeddednats.User;
import io.unibus.node.config.BusAuth;
import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.StoreKind;
import io.unibus.node.config.TlsMode;
import io.unibus.node.control.ControlPlane;
import io.unibus.node.control.DenialCounter;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.node.host.HostNames;
import io.unibus.node.tls.NodeTls;
import io.unibus.node.tls.TlsPair;
import io.unibus.store.Store;
import io.unibus.store.StoreUnavailableException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bus of this node: the nats-server child with its three accounts, and the answer to who is let in. Thread-safe;
 * started once, closed by whoever started it.
 *
 * <p>{@code SYS} is the server's own account, {@code CONTROL} holds the replicated store and {@code BUS} is where peers
 * live. Only nodes can log in to the first two, with keys derived from the cluster key.
 */
public final class Bus implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Bus.class);

    private static final String SYS = "SYS";
    /** The account that owns the replicated store. */
    public static final String CONTROL = "CONTROL";

    private static final String PEERS = "BUS";
    /** Limits the connections of peers to all servers of the cluster together; a single server takes 65,536. */
    private static final int MOST_PEERS = 30_000;
    /** Limits one connection: each subscription takes memory of every server of the cluster. */
    private static final int MOST_SUBSCRIPTIONS = 10_000;

    /**
     * Begins as a hash of bcrypt does, and is too short for one: no password fits, and the server knows that without computing. In a
     * reload it compares once for each connection, which takes 3 ms with a whole hash of the lowest cost.
     */
    private static final String NO_PASSWORD = "$2a$04$none";

    private static final String ROUTE_USER = "unibus-node";

    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration OWN_LOGIN_LIMIT = Duration.ofSeconds(15);
    private static final Duration SUSPEND_LIMIT = Duration.ofMillis(500);

    private final NodeConfig config;
    private final SecureRandom random;
    private final InstantSource clock;
    private final StateListener listener;
    /** With bus-auth {@code soft}. */
    private final Optional<LoginObserver> loginObserver;

    private final ServerRequests servers;
    /** With bus-auth {@code enforce}. */
    private final Optional<EnforcedAccess> enforced;

    private final NodeTls tls;
    private final ClusterTroubles troubles;
    private volatile @Nullable Running running;
    private volatile Optional<ClusterAuthority.Leaf> routeCertificate = Optional.empty();
    private boolean closed;

    /**
     * @param tls what clients are shown; opened by the start
     * @param listener hears of every change of the child's state
     * @param denials counts who is refused, or would be
     */
    public Bus(
            NodeConfig config,
            NodeTls tls,
            SecureRandom random,
            InstantSource clock,
            LongSupplier nanoTime,
            StateListener listener,
            DenialCounter denials) {
        this.servers = new ServerRequests(
                () -> Optional.ofNullable(running).flatMap(now -> now.system().connection()));
        this.loginObserver = config.busAuth() == BusAuth.SOFT
                ? Optional.of(new LoginObserver(
                        denials, new SubscriptionObserver(denials, servers, this::serverId, PEERS, nanoTime)))
                : Optional.empty();
        this.enforced = config.busAuth() == BusAuth.ENFORCE
                ? Optional.of(
                        new EnforcedAccess(servers, this::serverId, this::answersLogins, PEERS, denials, nanoTime))
                : Optional.empty();
        this.troubles = new ClusterTroubles(nanoTime);
        this.config = config;
        this.tls = tls;
        this.random = random;
        this.clock = clock;
        this.listener = listener;
    }

    private record Running(NatsServer server, String version, ControlConnection control, ControlConnection system) {}

    /**
     * Starts the child and lets peers in; returns when both work. With bus-auth {@code enforce} peers wait for {@link #admit}.
     *
     * @throws FatalException saying what to do
     */
    public void start() {
        ClusterKey key = config.cluster().isPresent()
                ? ClusterKey.loadExisting(config.clusterKey())
                : ClusterKey.loadOrCreate(config.clusterKey(), random);
        BusKeys sys = BusKeys.user(key, SYS);
        BusKeys control = BusKeys.user(key, CONTROL);
        BusKeys issuer = BusKeys.admissionIssuer(key);
        Optional<ClusterAuthority.Leaf> certificate = config.cluster()
                .map(cluster -> ClusterAuthority.of(key).issue(config.name(), routeHosts(cluster), random));
        routeCertificate = certificate;
        tls.open(hosts -> issue(key, hosts));
        try {
            InstalledBinary binary =
                    NatsBinary.bundled().installInto(config.dataDir().resolve("bin"));
            NatsServer.Builder builder =
                    NatsServer.builder(binary, serverConfig(key, certificate, sys, control, issuer), config.dataDir());
            tls.ownTrust().ifPresent(builder::probeTls);
            NatsServer server = builder.probeLogin(ProbeLogin.nkey(control.publicKey(), control::signNonce))
                    .listener(this::childChanged)
                    .logListener(troubles)
                    .build();
            AuthCalloutResponder responder =
                    new AuthCalloutResponder(issuer, PEERS, AuthRequest.PEER, clock, loginPolicy());
            Running begun = new Running(
                    server,
                    binary.version(),
                    new ControlConnection(() -> urlOf(server), tls.ownTrust(), control, responder::serve, () -> {}),
                    new ControlConnection(
                            () -> urlOf(server), tls.ownTrust(), sys, this::followConnections, this::catchUp));
            become(begun);
            server.start(START_LIMIT);
            begun.control().open(OWN_LOGIN_LIMIT);
            if (needsSystemAccount()) {
                begun.system().open(OWN_LOGIN_LIMIT);
            }
        } catch (NatsServerException e) {
            throw new FatalException(exitCode(e.reason()), e.getMessage() + option(e.reason()), e);
        } catch (IOException e) {
            throw new FatalException(
                    ExitCode.UNAVAILABLE, "the node cannot log in to its own nats-server: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FatalException(ExitCode.UNAVAILABLE, "interrupted while connecting to nats-server", e);
        }
    }

    private LoginPolicy loginPolicy() {
        return enforced.map(EnforcedAccess::policy)
                .orElseGet(() ->
                        new OpenLoginPolicy(request -> loginObserver.ifPresent(observer -> observer.observe(request))));
    }

    private void followConnections(Connection system) {
        enforced.ifPresent(access -> access.follow(system));
    }

    private void catchUp() {
        enforced.ifPresent(EnforcedAccess::catchUp);
    }

    /**
     * Begins to look up who logs in, and with bus-auth {@code soft} what they subscribe to. With bus-auth {@code enforce} this lets peers in, and from here on each change of the store
     * reaches their connections. Called once, when bus and store work.
     *
     * @param isEnforced whether the node of a name has bus-auth {@code enforce} too
     */
    public void admit(ControlPlane control, Store store, Predicate<String> isEnforced) {
        loginObserver.ifPresent(observer -> observer.open(control));
        enforced.ifPresent(access -> access.start(control, store, isEnforced));
    }

    /** From here on {@link #close} knows what to close; after it, nothing is begun any more. */
    private synchronized void become(Running begun) {
        if (closed) {
            throw new FatalException(ExitCode.UNAVAILABLE, "the bus was closed while it was being started");
        }
        running = begun;
    }

    private void childChanged(ServerState state, String reason) {
        @Nullable Running now = running;
        if (state == ServerState.READY && now != null) {
            now.control().follow();
            now.system().follow();
        }
        listener.changed(state, reason);
    }

    private TlsPair issue(ClusterKey key, Collection<String> hosts) {
        ClusterAuthority.Leaf leaf = ClusterAuthority.of(key).issue(config.name(), hosts, random);
        return TlsPair.of(leaf.certificatePem(), leaf.keyPem());
    }

    private static ClientTls clientTls(TlsPair pair) {
        return new ClientTls(pair.certificatePem(), pair.keyPem());
    }

    private static MutualTls mutualTls(ClusterAuthority.Leaf leaf) {
        return new MutualTls(leaf.certificatePem(), leaf.keyPem(), leaf.authorityPem());
    }

    /** The names by which the others can know this node's routes: a wrong one more does no harm, a missing one keeps them out. */
    private static List<String> routeHosts(NodeConfig.ClusterConfig cluster) {
        List<String> hosts = new ArrayList<>(HostNames.addresses());
        HostNames.name().ifPresent(hosts::add);
        hosts.add(cluster.listen().host());
        cluster.routes().forEach(route -> hosts.add(route.host()));
        return hosts;
    }

    private ServerConfig serverConfig(
            ClusterKey key, Optional<ClusterAuthority.Leaf> certificate, BusKeys sys, BusKeys control, BusKeys issuer) {
        ServerConfig.Builder builder = ServerConfig.builder(config.name());
        config.cluster()
                .ifPresent(cluster -> builder.cluster(new Cluster(
                        cluster.name(),
                        cluster.listen(),
                        cluster.others(),
                        Optional.of(new User.Password(ROUTE_USER, Secret.of(key.deriveText("route password")))),
                        certificate.map(Bus::mutualTls))));
        tls.present().map(Bus::clientTls).ifPresent(builder::clientTls);
        return builder.clients(config.nats())
                .jetStream(config.dataDir().resolve("jetstream"))
                .account(new Account(SYS, false, List.of(User.nkey(sys.publicKey()))))
                .account(new Account(CONTROL, true, List.of(User.nkey(control.publicKey()))))
                .account(new Account(
                        PEERS,
                        false,
                        List.of(User.password(AuthRequest.PEER, Secret.of(NO_PASSWORD))),
                        OptionalInt.of(MOST_PEERS)))
                .maxSubscriptions(MOST_SUBSCRIPTIONS)
                .systemAccount(SYS)
                .authCallout(new AuthCallout(
                        issuer.publicKey(),
                        CONTROL,
                        List.of(sys.publicKey(), control.publicKey()),
                        AllowlistLoginPolicy.HOLD_LIMIT))
                .debugMode(config.natsDebug())
                .build();
    }

    /** What an operator of a node has to change, where the library cannot know. */
    private static String option(NatsServerException.Reason reason) {
        return switch (reason) {
            case ADDRESS_IN_USE -> " (--nats HOST:PORT)";
            case DIRECTORY_IN_USE, DIRECTORY_UNUSABLE -> " (--data-dir DIR)";
            default -> "";
        };
    }

    private static ExitCode exitCode(NatsServerException.Reason reason) {
        return switch (reason) {
            case BINARY_UNUSABLE, CONFIGURATION_REFUSED, DIRECTORY_UNUSABLE, STORE_OF_OTHER_MODE ->
                ExitCode.CONFIGURATION;
            case DIRECTORY_IN_USE, LEFTOVER_STUCK -> ExitCode.TRY_AGAIN;
            default -> ExitCode.UNAVAILABLE;
        };
    }

    /** Whether the child answers and peers are let in. */
    public boolean isReady() {
        return problem().isEmpty();
    }

    /** What keeps peers from connecting, as a sentence. */
    public Optional<String> problem() {
        @Nullable Running now = running;
        if (now == null || now.server().state() != ServerState.READY) {
            return Optional.of("nats-server is " + state());
        }
        if (!now.server().isAnswering()) {
            return Optional.of("nats-server does not answer");
        }
        return now.control().isConnected() ? Optional.empty() : Optional.of("the node is not logged in to nats-server");
    }

    /** Returns what a connection to another node's routes is secured with; empty before the start, and without a cluster. */
    public Optional<SSLContext> routeTls() {
        return routeCertificate.map(ClusterAuthority.Leaf::context);
    }

    /**
     * The connection to the account of the replicated store.
     *
     * @throws StoreUnavailableException before the first login
     */
    public Connection controlConnection() {
        return connection(started().control());
    }

    /** Like {@link #controlConnection}, to the servers' own account; where {@link #start} has logged in to it. */
    public Connection systemConnection() {
        return connection(started().system());
    }

    private static Connection connection(ControlConnection login) {
        return login.connection()
                .orElseThrow(
                        () -> new StoreUnavailableException("the node is not logged in to its nats-server yet", null));
    }

    /** The child's state in a lower-case word. */
    public String state() {
        return Optional.ofNullable(running)
                .map(now -> now.server().state())
                .orElse(ServerState.STOPPED)
                .name()
                .toLowerCase(Locale.ROOT);
    }

    /** Returns where peers connect, as {@code nats://host:port}, or {@code tls://host:port}. */
    public String clientUrl() {
        return urlOf(started().server());
    }

    public Optional<String> monitoringUrl() {
        return started().server().monitoringAddress().map(address -> "http://" + address);
    }

    public String serverVersion() {
        return started().version();
    }

    /** Returns how often the child has ended and was started again; 0 before the start. */
    public int restarts() {
        return Optional.ofNullable(running).map(now -> now.server().restarts()).orElse(0);
    }

    public OptionalLong childPid() {
        return started().server().pid();
    }

    private String urlOf(NatsServer server) {
        return config.tls().busScheme() + "://" + server.clientAddress();
    }

    private Running started() {
        @Nullable Running now = running;
        if (now == null) {
            throw new IllegalStateException("the bus was not started");
        }
        return now;
    }

    /**
     * Has the child show its clients the certificate of the moment, without dropping one. Waits until it does.
     *
     * @throws IllegalStateException when it cannot now; to be called again then
     */
    public void takeCertificate() {
        tls.present().map(Bus::clientTls).ifPresent(started().server()::replaceClientTls);
        String server = serverId()
                .filter(id -> answersLogins())
                .orElseThrow(() -> new IllegalStateException("nats-server is being started"));
        try {
            servers.reload(server).get();
            log.info("the bus shows the new certificate");
        } catch (ExecutionException e) {
            throw new IllegalStateException("nats-server did not take it: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** A reload makes the server ask for each connection, and wait for each answer. */
    private boolean answersLogins() {
        @Nullable Running now = running;
        return now != null && now.control().isConnected();
    }

    private boolean needsSystemAccount() {
        return config.store() == StoreKind.KV
                || enforced.isPresent()
                || loginObserver.isPresent()
                || config.tls().mode() == TlsMode.FILES;
    }

    /** Mistakes in the configuration of the cluster, this node's or another's, as sentences. */
    public List<String> clusterTroubles() {
        return troubles.present();
    }

    /** Ends the child at once and holds it down until {@link #resume}. @return whether it is gone for certain */
    public boolean suspend(String reason) {
        return started().server().suspend(reason, SUSPEND_LIMIT);
    }

    public void resume() {
        started().server().resume();
    }

    /** Ends the child in order and starts it again. Does not wait. */
    public void restart(String reason) {
        started().server().restart(reason);
    }

    /** Returns how many connections of peers to this node are known; with bus-auth {@code enforce} only. */
    public OptionalLong peers() {
        return enforced.map(access -> OptionalLong.of(access.connections())).orElse(OptionalLong.empty());
    }

    /** Returns how many logins wait for a decision; with bus-auth {@code enforce} only. */
    public OptionalLong waitingLogins() {
        return enforced.map(access -> OptionalLong.of(access.waitingLogins())).orElse(OptionalLong.empty());
    }

    /** For how long the present child has been ready. */
    public Optional<Duration> readyFor() {
        return started().server().readyFor();
    }

    /** The identity of the present child, while there is one. */
    public Optional<String> serverId() {
        return Optional.ofNullable(running).flatMap(now -> now.server().serverId());
    }

    /**
     * Says that the node is being stopped: a child that ends from now on is not missed. The service manager may have asked
     * it to end as well, long before its turn in the node's own sequence.
     */
    public void expectStop() {
        @Nullable Running now = running;
        if (now != null) {
            now.server().expectStop();
        }
    }

    /** Closes this node's connection, then ends the child. Idempotent; may come while the bus is being started. */
    @Override
    public void close() {
        @Nullable Running now;
        synchronized (this) {
            closed = true;
            now = running;
        }
        try {
            enforced.ifPresent(EnforcedAccess::close);
            if (now != null) {
                close(now);
            }
        } finally {
            loginObserver.ifPresent(LoginObserver::close);
        }
    }

    private static void close(Running running) {
        try {
            running.system().close();
            running.control().close();
        } finally {
            running.server().close();
        }
    }
}
