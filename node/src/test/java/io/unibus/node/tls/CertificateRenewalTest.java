package io.unibus.node.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.unibus.node.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CertificateRenewalTest {
    private static final TestAuthority AUTHORITY = new TestAuthority();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Path certificate;

    @SuppressWarnings("NullAway.Init")
    private Path key;

    @SuppressWarnings("NullAway.Init")
    private CertificateRenewal renewal;

    private final TestAuthority.Issued first = AUTHORITY.issue("bus.example");
    private final TestAuthority.Issued second = AUTHORITY.issue("bus.example");

    @BeforeEach
    void begin() throws IOException {
        certificate = directory.resolve("fullchain.pem");
        key = directory.resolve("privkey.pem");
        first.writeTo(certificate, key);
        CertificateFiles files = new CertificateFiles(
                new TlsConfig.Files(certificate, key), Set.of("bus.example"), InstantSource.system());
        renewal = new CertificateRenewal(files, files.read());
    }

    @Test
    void filesThatStayAreNoRenewal() throws IOException {
        assertThat(renewal.look()).isEmpty();
        first.writeTo(certificate, key);
        assertThat(renewal.look()).isEmpty();
        assertThat(renewal.problem()).isEmpty();
    }

    @Test
    void newPairIsTakenOnce() throws IOException {
        second.writeTo(certificate, key);
        assertThat(renewal.look().orElseThrow().leaf().getSerialNumber()).isEqualTo(second.serial());
        assertThat(renewal.look()).isEmpty();
    }

    @Test
    void pairWhoseFilesComeOneAfterTheOtherIsTakenWhenBothAreThere() throws IOException {
        Files.writeString(certificate, second.certificatePem());
        assertThat(renewal.look()).isEmpty();
        assertThat(renewal.problem()).as("it may be half of a renewal").isEmpty();
        TestAuthority.writeKey(key, second.keyPem());
        assertThat(renewal.look()).isPresent();
        assertThat(renewal.problem()).isEmpty();
    }

    @Test
    void pairThatIsReplacedByRenameIsTaken() throws IOException {
        Path next = directory.resolve("next");
        TestAuthority.writeKey(next, second.keyPem());
        Files.move(next, key, StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(next, second.certificatePem());
        Files.move(next, certificate, StandardCopyOption.ATOMIC_MOVE);
        assertThat(renewal.look()).isPresent();
    }

    @Test
    void fileThatDoesNotFitAtTwoLooksIsAProblemUntilItFits() throws IOException {
        Files.writeString(certificate, second.certificatePem());
        assertThat(renewal.look()).isEmpty();
        assertThat(renewal.look()).isEmpty();
        assertThat(renewal.problem().orElseThrow())
                .startsWith(key.toString())
                .contains("not the key of the certificate");
        Files.delete(certificate);
        assertThat(renewal.look()).isEmpty();
        assertThat(renewal.look()).isEmpty();
        assertThat(renewal.problem().orElseThrow())
                .startsWith(certificate.toString())
                .contains("no such file");
        Files.writeString(certificate, first.certificatePem());
        assertThat(renewal.look()).as("back to the pair in use").isEmpty();
        assertThat(renewal.problem()).isEmpty();
    }
}
