package io.unibus.node.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.node.config.TlsConfig;
import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CertificateFilesTest {
    private static final Set<String> HOSTS = Set.of("bus.example", "10.0.0.1", "::1");
    private static final TestAuthority AUTHORITY = new TestAuthority();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Path certificate;

    @SuppressWarnings("NullAway.Init")
    private Path key;

    @BeforeEach
    void nameFiles() {
        certificate = directory.resolve("fullchain.pem");
        key = directory.resolve("privkey.pem");
    }

    @Test
    void pairIsReadWithWhatItIsSignedWith() throws IOException {
        TestAuthority.Issued issued = AUTHORITY.issue("bus.example");
        issued.writeTo(certificate, key);
        TlsPair pair = load();
        assertThat(pair.chain()).hasSize(2);
        assertThat(pair.certificatePem()).isEqualTo(issued.certificatePem());
        assertThat(pair.keyPem()).isEqualTo(issued.keyPem());
        assertThat(pair.toString()).doesNotContain("KEY");
    }

    @ParameterizedTest
    @CsvSource({"EC, 256", "EC, 384", "RSA, 2048", "Ed25519, 0"})
    void keyOfEachKindThatServersShowIsTaken(String algorithm, int bits) throws IOException {
        AUTHORITY
                .issue(TestAuthority.keyPair(algorithm, bits), TestAuthority.validFor(Duration.ofDays(90)), "10.0.0.1")
                .writeTo(certificate, key);
        assertThat(load().keyPem()).startsWith("-----BEGIN PRIVATE KEY-----");
    }

    @Test
    void olderFormsOfKeysAreReadAsPkcs8() throws IOException {
        KeyPair rsa = TestAuthority.keyPair("RSA", 2048);
        KeyPair ec = TestAuthority.keyPair("EC", 256);
        byte[] pkcs1 = PrivateKeyInfo.getInstance(rsa.getPrivate().getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded();
        byte[] sec1 =
                new org.bouncycastle.asn1.sec.ECPrivateKey(256, ((ECPrivateKey) ec.getPrivate()).getS()).getEncoded();
        for (KeyPair pair : new KeyPair[] {rsa, ec}) {
            TestAuthority.Issued issued =
                    AUTHORITY.issue(pair, TestAuthority.validFor(Duration.ofDays(90)), "bus.example");
            Files.writeString(certificate, issued.certificatePem());
            String old = pair.equals(rsa)
                    ? PemText.of("RSA PRIVATE KEY", pkcs1)
                    : PemText.of("EC PARAMETERS", new byte[] {5, 0}) + PemText.of("EC PRIVATE KEY", sec1);
            TestAuthority.writeKey(key, old);
            assertThat(load().key().getAlgorithm()).isEqualTo(pair.getPrivate().getAlgorithm());
        }
    }

    @Test
    void textAroundTheBlocksIsPassedOver() throws IOException {
        TestAuthority.Issued issued = AUTHORITY.issue("bus.example");
        Files.writeString(
                certificate, "subject=CN = node\n" + issued.certificatePem().replace("\n", "\r\n"));
        TestAuthority.writeKey(key, "Bag Attributes\n" + issued.keyPem());
        assertThat(load().chain()).hasSize(2);
    }

    @Test
    void keyOfAnotherCertificateIsRefused() throws IOException {
        AUTHORITY.issue("bus.example").writeTo(certificate, key);
        TestAuthority.writeKey(key, AUTHORITY.issue("bus.example").keyPem());
        refuses(key, "it is not the key of the certificate");
        TestAuthority.writeKey(
                key,
                PemText.of(
                        "PRIVATE KEY",
                        TestAuthority.keyPair("RSA", 2048).getPrivate().getEncoded()));
        refuses(key, "it is not the key of the certificate");
    }

    @Test
    void certificateThatHasEndedOrNotBegunIsRefused() throws IOException {
        Instant now = Instant.now();
        Instant yesterday = now.minus(Duration.ofDays(1));
        issue(new TestAuthority.Validity(yesterday.minus(Duration.ofDays(1)), yesterday), "bus.example");
        refuses(certificate, "it has ended on ");
        issue(new TestAuthority.Validity(now.plus(Duration.ofDays(1)), now.plus(Duration.ofDays(2))), "bus.example");
        refuses(certificate, "it begins only on ");
    }

    @Test
    void certificateForOtherHostsIsRefused() throws IOException {
        AUTHORITY.issue("elsewhere.example", "10.0.0.2").writeTo(certificate, key);
        refuses(certificate, "it is for elsewhere.example, 10.0.0.2, which is none of this node's names");
        AUTHORITY.issue().writeTo(certificate, key);
        refuses(certificate, "it is for no host");
    }

    @ParameterizedTest
    @CsvSource({"BUS.example", "*.example", "10.0.0.1", "0:0:0:0:0:0:0:1"})
    void certificateForOneOfTheHostsIsEnough(String host) throws IOException {
        AUTHORITY.issue("elsewhere.example", host).writeTo(certificate, key);
        assertThat(load().chain()).hasSize(2);
    }

    @Test
    void starStandsForOneLabelOnly() {
        assertThat(CertificateHosts.includesAny(Set.of("*.example"), Set.of("a.b.example", "example")))
                .isFalse();
    }

    @Test
    void certificateThatIsSignedByItselfIsRefused() throws IOException {
        TestAuthority.selfSigned("bus.example").writeTo(certificate, key);
        refuses(certificate, "it is signed by itself");
    }

    @Test
    void fileThatIsNotWrittenWholeIsRefused() throws IOException {
        TestAuthority.Issued issued = AUTHORITY.issue("bus.example");
        issued.writeTo(certificate, key);
        Files.writeString(certificate, issued.certificatePem().substring(0, 400));
        refuses(certificate, "it ends in the middle");
        Files.writeString(certificate, "");
        refuses(certificate, "there is no certificate");
        issued.writeTo(certificate, key);
        TestAuthority.writeKey(key, issued.keyPem().substring(0, 80));
        refuses(key, "it ends in the middle");
        TestAuthority.writeKey(key, issued.certificatePem());
        refuses(key, "there is no private key");
        TestAuthority.writeKey(key, PemText.of("PRIVATE KEY", new byte[] {1, 2, 3}));
        refuses(key, "it is not the key of the certificate");
    }

    @Test
    void keyThatNeedsAPasswordIsRefusedWithTheCommandThatTakesItAway() throws IOException {
        AUTHORITY.issue("bus.example").writeTo(certificate, key);
        TestAuthority.writeKey(key, PemText.of("ENCRYPTED PRIVATE KEY", new byte[] {1}));
        refuses(key, "openssl pkey -in FILE");
        TestAuthority.writeKey(key, """
                -----BEGIN RSA PRIVATE KEY-----
                Proc-Type: 4,ENCRYPTED
                DEK-Info: AES-128-CBC,00

                AAAA
                -----END RSA PRIVATE KEY-----
                """);
        refuses(key, "openssl pkey -in FILE");
        TestAuthority.writeKey(key, PemText.of("DSA PRIVATE KEY", new byte[] {1}));
        refuses(key, "openssl pkcs8 -topk8");
    }

    @Test
    void keyThatOthersCanReadIsRefused() throws IOException {
        AUTHORITY.issue("bus.example").writeTo(certificate, key);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        FatalException e = catchThrowableOfType(FatalException.class, this::load);
        assertThat(e).hasMessageContaining("chmod 600 " + key);
    }

    @Test
    void fileThatIsNotThereIsSaidSo() throws IOException {
        refuses(key, "there is no such file", () -> {
            AUTHORITY.issue("bus.example").writeTo(certificate, key);
            Files.delete(key);
        });
        refuses(certificate, "there is no such file", () -> {
            AUTHORITY.issue("bus.example").writeTo(certificate, key);
            Files.delete(certificate);
        });
    }

    private interface Setup {
        void run() throws IOException;
    }

    private void refuses(Path file, String reason, Setup setup) throws IOException {
        setup.run();
        refuses(file, reason);
    }

    private void refuses(Path file, String reason) {
        FatalException e = catchThrowableOfType(FatalException.class, this::load);
        assertThat(e).isNotNull();
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(e.getMessage())
                .startsWith(file + " cannot be used for TLS: ")
                .contains(reason)
                .doesNotContain("Exception");
    }

    private void issue(TestAuthority.Validity validity, String host) throws IOException {
        AUTHORITY.issue(TestAuthority.keyPair("EC", 256), validity, host).writeTo(certificate, key);
    }

    private TlsPair load() {
        CertificateFiles files =
                new CertificateFiles(new TlsConfig.Files(certificate, key), HOSTS, InstantSource.system());
        return files.check(files.read());
    }
}
