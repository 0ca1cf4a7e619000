package io.unibus.node.bus;

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
 * Trust in servers whose certificate one authority has signed, and which are who they were asked to be: jnats compares no
 * host names by itself.
 */
final class TrustedCa extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager chains;

    private TrustedCa(X509ExtendedTrustManager chains) {
        this.chains = chains;
    }

    /**
     * @param file certificates of the authority, as PEM
     * @throws FatalException when there are none in it
     */
    static SSLContext contextOf(Path file) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(storeOf(file));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustedCa(pkix(factory))}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has PKIX and TLS", e);
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
                        + ". Name the one that the bus's certificate is signed with, with --ca",
                e);
    }

    private static X509ExtendedTrustManager pkix(TrustManagerFactory factory) {
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
        parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 2818: the name or address that was asked for
        secure.setSSLParameters(parameters);
        chains.checkServerTrusted(chain, type, secure);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw new CertificateException("only connections of jnats are checked here");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("nothing is known of the host");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("clients are not checked here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw new CertificateException("clients are not checked here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("clients are not checked here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return chains.getAcceptedIssuers();
    }
}
