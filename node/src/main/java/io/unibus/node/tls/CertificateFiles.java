package io.unibus.node.tls;

import io.unibus.node.config.TlsConfig;
import io.unibus.node.host.DataDirectory;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The certificate and key of the operator's, in two files that another program may replace at any time, one after the other.
 * Reads them only if they can be used as they are.
 */
final class CertificateFiles {
    private static final int MOST_BYTES = 1 << 20;

    private final Path certificate;
    private final Path key;
    private final Set<String> hosts;
    private final InstantSource clock;

    /** @param hosts by which clients ask this node: the certificate must be for one of them */
    CertificateFiles(TlsConfig.Files files, Set<String> hosts, InstantSource clock) {
        this.certificate = files.certificate();
        this.key = files.key();
        this.hosts = hosts;
        this.clock = clock;
    }

    /** What the files held at one moment; its {@code toString} shows nothing of it. */
    static final class Contents {
        private final byte[] certificate;
        private final byte[] key;

        private Contents(byte[] certificate, byte[] key) {
            this.certificate = certificate;
            this.key = key;
        }

        boolean isSame(Contents other) {
            return Arrays.equals(certificate, other.certificate) && Arrays.equals(key, other.key);
        }

        @Override
        public String toString() {
            return "<redacted>";
        }
    }

    /** @throws FatalException when one of them cannot be read, or others than its owner can read the key */
    Contents read() {
        return new Contents(bytes("--tls-cert", certificate, false), bytes("--tls-key", key, true));
    }

    private static byte[] bytes(String option, Path file, boolean isSecret) {
        try {
            if (isSecret) {
                DataDirectory.requirePrivate(file);
            }
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(MOST_BYTES);
            }
        } catch (NoSuchFileException e) {
            throw unusable(file, "there is no such file: name the right one with " + option, e);
        } catch (AccessDeniedException e) {
            throw unusable(file, "this user may not read it: give it to the user of the node, or make it a copy", e);
        } catch (IOException e) {
            throw unusable(file, "it cannot be read (" + e.getMessage() + "): name another one with " + option, e);
        }
    }

    /**
     * Returns what the files hold, if a client can trust it today.
     *
     * @throws FatalException with the file, the reason and what to do
     */
    TlsPair check(Contents contents) {
        Path checked = certificate;
        try {
            List<X509Certificate> chain = TlsPair.chain(contents.certificate);
            requireOfUse(chain.get(0));
            checked = key;
            return TlsPair.of(chain, contents.key);
        } catch (UnusablePairException e) {
            throw unusable(checked, e.getMessage(), null);
        }
    }

    private void requireOfUse(X509Certificate leaf) {
        Instant now = clock.instant();
        Instant begins = leaf.getNotBefore().toInstant();
        Instant ends = leaf.getNotAfter().toInstant();
        if (now.isAfter(ends)) {
            throw new UnusablePairException("it has ended on " + ends + ": have it renewed");
        }
        if (now.isBefore(begins)) {
            throw new UnusablePairException("it begins only on " + begins + ": set the clock of this host, or wait");
        }
        if (isSelfSigned(leaf)) {
            throw new UnusablePairException("it is signed by itself, so that no client can tell it from any other: give"
                    + " --tls auto, or one that an authority of yours has signed");
        }
        List<String> names = CertificateHosts.of(leaf);
        if (!CertificateHosts.includesAny(names, hosts)) {
            throw new UnusablePairException("it is for " + (names.isEmpty() ? "no host" : String.join(", ", names))
                    + ", which is none of this node's names: give one for this node, or say with --http-names by which"
                    + " of these names clients ask it");
        }
    }

    private static boolean isSelfSigned(X509Certificate certificate) {
        if (!certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal())) {
            return false;
        }
        try {
            certificate.verify(certificate.getPublicKey());
            return true;
        } catch (GeneralSecurityException signedByAnother) {
            return false;
        }
    }

    private static FatalException unusable(Path file, String whyAndWhatToDo, @Nullable Exception cause) {
        return new FatalException(ExitCode.CONFIGURATION, file + " cannot be used for TLS: " + whyAndWhatToDo, cause);
    }
}
