package io.unibus.node.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * Trust in certificates that are known by their fingerprints, whoever has signed them and whatever they are for: those of the
 * node on this very host, which has told its own connections and commands.
 */
public final class PinnedTrust extends ServerTrust {
    private final Predicate<String> isKnown;

    PinnedTrust(Predicate<String> isKnown) {
        this.isKnown = isKnown;
    }

    /** @param fingerprints SHA-256, as 64 hexadecimal digits */
    public static SSLContext contextOf(Collection<String> fingerprints) {
        Set<String> known = Set.copyOf(fingerprints);
        return new PinnedTrust(known::contains).context();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        requireKnown(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        requireKnown(chain);
    }

    private void requireKnown(X509Certificate[] chain) throws CertificateException {
        if (chain.length == 0 || !isKnown.test(TlsPair.fingerprint(chain[0]))) {
            throw new CertificateException("it is not the certificate of the node on this host");
        }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
