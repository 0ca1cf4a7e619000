package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterAuthorityTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    /** Of the authority of a key of zeroes: nodes of all versions must derive the same one. */
    private static final String SHA_256_OF_ZEROES = "0ce7ef20e3d39b8b2455786ea9389019f47c9553ed9e0e9ad6e76751ff78c349";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void everyNodeDerivesTheSameCertificateByteForByte() throws Exception {
        ClusterAuthority one = ClusterAuthority.of(key("A"));
        assertThat(ClusterAuthority.of(key("A")).certificatePem()).isEqualTo(one.certificatePem());
        byte[] sha = MessageDigest.getInstance("SHA-256")
                .digest(parse(one.certificatePem()).getEncoded());
        assertThat(HexFormat.of().formatHex(sha)).isEqualTo(SHA_256_OF_ZEROES);
        assertThat(ClusterAuthority.of(key("E")).certificatePem()).isNotEqualTo(one.certificatePem());
    }

    @Test
    void certificateIsForTheNamesAndAddressesGivenAndSignedByTheAuthorityOnly() throws Exception {
        ClusterAuthority authority = ClusterAuthority.of(key("A"));
        ClusterAuthority.Leaf leaf = authority.issue(
                "node-1", List.of("a.example", "10.0.0.1", "::1", "0.0.0.0", "not a name", "a.example"), RANDOM);
        X509Certificate certificate = parse(leaf.certificatePem());
        certificate.verify(parse(authority.certificatePem()).getPublicKey());
        certificate.checkValidity();
        assertThat(certificate.getBasicConstraints()).as("may sign nothing").isEqualTo(-1);
        assertThat(certificate.getExtendedKeyUsage()).hasSize(2);
        assertThat(names(certificate)).containsExactly("0.0.0.0", "0:0:0:0:0:0:0:1", "10.0.0.1", "a.example");
        assertThat(leaf).hasToString("<redacted>");
        X509Certificate stranger = parse(ClusterAuthority.of(key("E")).certificatePem());
        assertThatThrownBy(() -> certificate.verify(stranger.getPublicKey())).isInstanceOf(SignatureException.class);
    }

    @Test
    void everyStartHasAKeyOfItsOwn() throws Exception {
        ClusterAuthority authority = ClusterAuthority.of(key("A"));
        ClusterAuthority.Leaf one = authority.issue("node-1", List.of("a"), RANDOM);
        ClusterAuthority.Leaf other = authority.issue("node-1", List.of("a"), RANDOM);
        assertThat(other.keyPem()).isNotEqualTo(one.keyPem());
        assertThat(parse(other.certificatePem()).getSerialNumber())
                .isNotEqualTo(parse(one.certificatePem()).getSerialNumber());
    }

    private ClusterKey key(String character) throws IOException {
        Path file = directory.resolve("key-" + character);
        Files.writeString(file, "unibus-cluster-key-1:" + character.repeat(42) + "A");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return ClusterKey.loadExisting(file);
    }

    private static X509Certificate parse(String pem) throws GeneralSecurityException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
    }

    private static Set<String> names(X509Certificate certificate) throws GeneralSecurityException {
        Set<String> names = new TreeSet<>();
        certificate.getSubjectAlternativeNames().forEach(name -> names.add(String.valueOf(name.get(1))));
        return names;
    }
}
