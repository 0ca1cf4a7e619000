package io.unibus.cluster;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A private authority with one certificate for all nodes, which it renews in place as ACME clients do: each file is written beside
 * the old one and renamed, the certificate first. Made by the keytool of the JDK. One thread.
 */
final class CertificateIssuer {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final String AUTHORITY = "authority";
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final Path directory;
    private final KeyStore trusted;
    private int issued;

    private CertificateIssuer(Path directory, KeyStore trusted) {
        this.directory = directory;
        this.trusted = trusted;
    }

    /** Makes an authority that keeps its files in a directory, which this makes too. */
    static CertificateIssuer in(Path directory) throws IOException {
        Files.createDirectory(directory);
        makeKeys(directory, AUTHORITY, "-ext", "bc:c");
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(AUTHORITY, store(directory).getCertificate(AUTHORITY));
            return new CertificateIssuer(directory, trusted);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the file for {@code --tls-cert}. */
    Path certificate() {
        return directory.resolve("fullchain.pem");
    }

    /** Returns the file for {@code --tls-key}. */
    Path key() {
        return directory.resolve("privkey.pem");
    }

    /**
     * Replaces both files by a new pair, and returns the serial number of the new certificate.
     *
     * @param addresses whom it is for
     * @param between runs when the certificate is new already, and the key is not
     */
    BigInteger renew(List<String> addresses, Runnable between) throws IOException {
        issued++;
        String name = "node-" + issued;
        String hosts = addresses.stream().map(address -> "ip:" + address).collect(Collectors.joining(","));
        makeKeys(directory, name, "-signer", AUTHORITY, "-ext", "san=" + hosts);
        try {
            KeyStore store = store(directory);
            Certificate[] chain = store.getCertificateChain(name);
            StringBuilder certificates = new StringBuilder();
            for (Certificate certificate : chain) {
                certificates.append(pem("CERTIFICATE", certificate.getEncoded()));
            }
            replace(certificate(), certificates.toString());
            between.run();
            replace(key(), pem("PRIVATE KEY", store.getKey(name, PASSWORD).getEncoded()));
            return ((X509Certificate) chain[0]).getSerialNumber();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns what clients who trust this authority connect with; it knows no sessions of others that were returned. */
    SSLContext trust() {
        try {
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void makeKeys(Path directory, String name, String... more) {
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        List<String> command = new ArrayList<>(List.of(keytool, "-genkeypair", "-alias", name, "-dname", "CN=" + name));
        command.addAll(List.of("-keystore", storeFile(directory).toString(), "-storepass", new String(PASSWORD)));
        command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
        command.addAll(List.of(more));
        Command.run(command);
    }

    private static KeyStore store(Path directory) throws GeneralSecurityException, IOException {
        return KeyStore.getInstance(storeFile(directory).toFile(), PASSWORD);
    }

    private static Path storeFile(Path directory) {
        return directory.resolve("keys.p12");
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n" + LINES.encodeToString(der) + "\n-----END " + kind + "-----\n";
    }

    private static void replace(Path file, String content) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.createFile(beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(beside, content);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
