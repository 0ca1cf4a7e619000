package io.unibus.node.tls;

import io.unibus.node.config.NodeConfig;
import io.unibus.node.config.TlsMode;
import io.unibus.node.host.DaemonWorker;
import io.unibus.node.host.FatalException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that this node shows to clients, over HTTP and on the bus, if it has TLS. It is there after {@link #open}.
 * Thread-safe; closed by whoever called {@link #watch}.
 */
public final class NodeTls implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeTls.class);

    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(5);
    /** How long before its end a certificate is complained of: three weeks, of the twelve that ACME gives. */
    private static final Duration WARNED_BEFORE = Duration.ofDays(21);

    private static final Duration COMPLAINT_INTERVAL = Duration.ofDays(1);

    private final NodeConfig config;
    private final InstantSource clock;
    private final SwappableKeyManager keys = new SwappableKeyManager();
    /** Fingerprints of all that was shown since the start: a server may show an earlier one until it was told otherwise. */
    private final Set<String> shown = new CopyOnWriteArraySet<>();

    private final DaemonWorker looks = new DaemonWorker("certificate-watch");

    private volatile @Nullable TlsPair present;
    private volatile Optional<CertificateRenewal> renewal = Optional.empty();
    private volatile Instant complained = Instant.EPOCH;
    /** Why the certificate in use is not passed on yet, as a sentence, or without one before the first attempt; empty when it is. */
    private volatile Optional<String> pending = Optional.empty();

    public NodeTls(NodeConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
    }

    /**
     * What is to be known of the certificate by those who run the node.
     *
     * @param problems as sentences, with what to do
     */
    public record Report(TlsMode mode, Instant expires, List<String> problems) {
        public Report {
            problems = List.copyOf(problems);
        }
    }

    /**
     * Reads or makes the certificate.
     *
     * @param issuer makes one for names and addresses, signed by the authority of the cluster
     * @throws FatalException when the files of the operator cannot be used, with what to do
     */
    public void open(Function<Set<String>, TlsPair> issuer) {
        Set<String> hosts = CertificateHosts.ofNode(config);
        switch (config.tls().mode()) {
            case OFF -> {}
            case AUTO -> show(issuer.apply(hosts));
            case FILES -> {
                CertificateFiles files =
                        new CertificateFiles(config.tls().files().orElseThrow(), hosts, clock);
                CertificateFiles.Contents contents = files.read();
                show(files.check(contents));
                renewal = Optional.of(new CertificateRenewal(files, contents));
            }
        }
    }

    private void show(TlsPair pair) {
        shown.add(pair.fingerprint());
        present = pair;
        keys.show(pair);
    }

    /**
     * From here on looks every 5 seconds whether the operator's files hold a new pair, and shows it over HTTP.
     *
     * @param onRenewal what else is to be done about a new pair, on a thread of this; repeated until it throws nothing
     */
    public void watch(Runnable onRenewal) {
        renewal.ifPresent(files -> lookLater(files, onRenewal));
    }

    private void lookLater(CertificateRenewal files, Runnable onRenewal) {
        looks.after(LOOK_INTERVAL.toMillis(), () -> {
            lookSafely(files, onRenewal);
            lookLater(files, onRenewal);
        });
    }

    /** A fault of one look must not end the watch. */
    private void lookSafely(CertificateRenewal files, Runnable onRenewal) {
        try {
            Optional<TlsPair> next = files.look();
            if (next.isPresent()) {
                show(next.get());
                log.info("a new certificate is in use, until {}", next.get().expires());
                pending = Optional.of("");
            }
            if (pending.isPresent()) {
                passOn(onRenewal);
            }
            present().flatMap(this::ending).ifPresent(this::complain);
        } catch (RuntimeException e) {
            log.warn("the files of the certificate could not be followed", e);
        }
    }

    private void passOn(Runnable onRenewal) {
        try {
            onRenewal.run();
            pending = Optional.empty();
        } catch (RuntimeException e) {
            String problem =
                    "the new certificate is not in use everywhere yet, and is passed on again: " + e.getMessage();
            if (!pending.equals(Optional.of(problem))) {
                log.warn(problem);
            }
            pending = Optional.of(problem);
        }
    }

    private void complain(String ending) {
        Instant now = clock.instant();
        if (complained.plus(COMPLAINT_INTERVAL).isBefore(now)) {
            complained = now;
            log.warn(ending);
        }
    }

    /** Returns the certificate of the moment; empty without TLS, and before {@link #open}. */
    public Optional<TlsPair> present() {
        return Optional.ofNullable(present);
    }

    /** Returns what a server of this process secures connections with, always with the certificate of the moment. */
    public Optional<SSLContext> serverContext() {
        if (!config.tls().isOn()) {
            return Optional.empty();
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, null, null);
            return Optional.of(context);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    /** Returns what the node's own connections to its bus trust: the certificate that it has itself given to it. */
    public Optional<SSLContext> ownTrust() {
        return config.tls().isOn() ? Optional.of(new PinnedTrust(shown::contains).context()) : Optional.empty();
    }

    /** Returns the fingerprints by which commands on this host know the node; empty without TLS. */
    public List<String> fingerprints() {
        return List.copyOf(shown);
    }

    public Optional<Report> report() {
        return present().map(pair -> new Report(config.tls().mode(), pair.expires(), problems(pair)));
    }

    private List<String> problems(TlsPair pair) {
        return Stream.of(
                        ending(pair),
                        renewal.flatMap(CertificateRenewal::problem),
                        pending.filter(problem -> !problem.isEmpty()))
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<String> ending(TlsPair pair) {
        return config.tls()
                .files()
                .filter(files -> clock.instant().plus(WARNED_BEFORE).isAfter(pair.expires()))
                .map(files ->
                        "the certificate ends on " + pair.expires() + ": have " + files.certificate() + " renewed");
    }

    @Override
    public void close() {
        looks.end();
    }
}
