package io.unibus.node.tls;

import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trust in servers whose certificate an authority has signed, and which are who they were asked to be: jnats compares no host
 * names by itself.
 */
public final class TrustedCa extends ServerTrust {
    private static final String HTTPS = "HTTPS"; // RFC 2818: the name or address that was asked for

    private final X509ExtendedTrustManager chains;

    private TrustedCa(X509ExtendedTrustManager chains) {
        this.chains = chains;
    }

    /**
     * Trusts what one authority has signed.
     *
     * @param file certificates of the authority, as PEM
     * @throws FatalException when there are none in it
     */
    public static SSLContext contextOf(Path file) {
        try {
            return new TrustedCa(pkix(storeOf(file))).context();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has PKIX", e);
        }
    }

    /** Trusts the authorities that this Java platform trusts. */
    public static SSLContext platformContext() {
        try {
            return new TrustedCa(pkix(null)).context();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the certificates that Java trusts cannot be read", e);
        }
    }

    private static KeyStore storeOf(Path file) throws GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            for (Certificate certificate : found) {
                store.setCertificateEntry("ca" + store.size(), certificate);
            }
            if (found.isEmpty()) {
                throw unusable(file, "there is no certificate in it", null);
            }
            return store;
        } catch (CertificateException e) {
            throw unusable(file, "it does not hold certificates as PEM", e);
        } catch (NoSuchFileException e) {
            throw unusable(file, "there is no such file", e);
        } catch (IOException e) {
            throw unusable(file, "it cannot be read", e);
        }
    }

    private static FatalException unusable(Path file, String why, @Nullable Exception e) {
        return new FatalException(
                ExitCode.CONFIGURATION,
                "the certificate " + file + " cannot be used: " + why
                        + ". Name the one that the node's certificate is signed with, with --ca; `unibus ca` on the node's"
                        + " host prints it, where the node runs with --tls auto",
                e);
    }

    /** @param store of the platform if null */
    private static X509ExtendedTrustManager pkix(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager chains) {
                return chains;
            }
        }
        throw new IllegalStateException("PKIX checks certificates");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        if (!(socket instanceof SSLSocket secure)) {
            throw new CertificateException("nothing is known of the host");
        }
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm(HTTPS);
        secure.setSSLParameters(parameters);
        chains.checkServerTrusted(chain, type, secure);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm(HTTPS);
        engine.setSSLParameters(parameters);
        chains.checkServerTrusted(chain, type, engine);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return chains.getAcceptedIssuers();
    }
}
