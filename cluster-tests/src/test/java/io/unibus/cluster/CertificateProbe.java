package io.unibus.cluster;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Looks which certificate a listener of a node shows in a handshake. */
final class CertificateProbe {
    private static final int LIMIT_MILLIS = 5_000;

    private final InetSocketAddress address;
    private final boolean isGreeted;
    private final Supplier<SSLContext> trust;

    private CertificateProbe(InetSocketAddress address, boolean isGreeted, Supplier<SSLContext> trust) {
        this.address = address;
        this.isGreeted = isGreeted;
        this.trust = trust;
    }

    /** @param trust without sessions, in which no certificate would be shown */
    static CertificateProbe ofHttp(ClusterNode node, Supplier<SSLContext> trust) {
        return new CertificateProbe(Peer.addressOf(node.url().toString()), false, trust);
    }

    /** @param trust without sessions, in which no certificate would be shown */
    static CertificateProbe ofBus(ClusterNode node, Supplier<SSLContext> trust) {
        return new CertificateProbe(Peer.addressOf("tls://" + node.nats()), true, trust);
    }

    boolean isBus() {
        return isGreeted;
    }

    /** Returns the serial number in use; empty when there was no handshake. */
    Optional<BigInteger> serial() {
        try (Socket plain = new Socket()) {
            plain.connect(address, LIMIT_MILLIS);
            plain.setSoTimeout(LIMIT_MILLIS);
            if (isGreeted) {
                readGreeting(plain);
            }
            try (SSLSocket socket = (SSLSocket) trust.get()
                    .getSocketFactory()
                    .createSocket(plain, address.getHostString(), address.getPort(), true)) {
                socket.startHandshake();
                X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
                return Optional.of(shown.getSerialNumber());
            }
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Reads the line that a nats-server sends before the handshake. */
    private static void readGreeting(Socket plain) throws IOException {
        for (int next = 0; next != '\n'; next = plain.getInputStream().read()) {
            if (next < 0) {
                throw new IOException("closed before the greeting");
            }
        }
    }

    @Override
    public String toString() {
        return (isGreeted ? "bus at " : "HTTP at ") + address;
    }
}
