package io.unibus.node.tls;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A certificate, those that it is signed with, and its key, which is the secret. Immutable; {@code toString} shows no key. */
public final class TlsPair {
    private final List<X509Certificate> chain;
    private final PrivateKey key;

    private TlsPair(List<X509Certificate> chain, PrivateKey key) {
        this.chain = List.copyOf(chain);
        this.key = key;
    }

    /** Returns the pair of PEM texts that this program has made itself. */
    public static TlsPair of(String certificatePem, String keyPem) {
        List<X509Certificate> chain = chain(certificatePem.getBytes(StandardCharsets.US_ASCII));
        return of(chain, keyPem.getBytes(StandardCharsets.US_ASCII));
    }

    /** @throws UnusablePairException when the key is not that of the first certificate */
    static TlsPair of(List<X509Certificate> chain, byte[] keyPem) {
        return new TlsPair(chain, PrivateKeyReader.read(keyPem, chain.get(0).getPublicKey()));
    }

    /**
     * Reads a certificate and those that it is signed with.
     *
     * @throws UnusablePairException when there is none, or one is damaged
     */
    static List<X509Certificate> chain(byte[] pem) {
        List<X509Certificate> chain = new ArrayList<>();
        for (PemText.Block block : PemText.blocks(pem)) {
            if (block.kind().equals("CERTIFICATE")) {
                chain.add(certificate(block.der()));
            }
        }
        if (chain.isEmpty()) {
            throw new UnusablePairException(
                    "there is no certificate as PEM in it: name the file that begins with -----BEGIN CERTIFICATE-----");
        }
        return chain;
    }

    private static X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new UnusablePairException("a certificate in it is damaged: write it again");
        }
    }

    X509Certificate[] chain() {
        return chain.toArray(new X509Certificate[0]);
    }

    X509Certificate leaf() {
        return chain.get(0);
    }

    PrivateKey key() {
        return key;
    }

    /** Returns when the certificate, or one that it is signed with, ends. */
    public Instant expires() {
        return chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** Returns all certificates, that of the node first. */
    public String certificatePem() {
        StringBuilder pem = new StringBuilder();
        for (X509Certificate certificate : chain) {
            pem.append(PemText.of("CERTIFICATE", encoded(certificate)));
        }
        return pem.toString();
    }

    /** Returns the key as PKCS #8. */
    public String keyPem() {
        return PemText.of("PRIVATE KEY", key.getEncoded());
    }

    /** Returns the fingerprint of the node's own certificate, as 64 hexadecimal digits. */
    public String fingerprint() {
        return fingerprint(leaf());
    }

    static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(encoded(certificate)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read can be written", e);
        }
    }

    @Override
    public String toString() {
        return "TlsPair[" + fingerprint() + "]";
    }
}
