package io.unibus.node.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import io.unibus.protocol.NKeyText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterKeyTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String ZEROES = "unibus-cluster-key-1:" + "A".repeat(43);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void newKeyIsForItsOwnerOnlyAndLeavesNothingElseBehind() throws IOException {
        assertThat(ClusterKey.loadOrCreate(file(), RANDOM)).hasToString("<redacted>");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void keyThatIsThereIsNeverOverwritten() throws IOException {
        ClusterKey first = ClusterKey.loadOrCreate(file(), RANDOM);
        String text = Files.readString(file());
        ClusterKey second = ClusterKey.loadOrCreate(file(), RANDOM);
        assertThat(Files.readString(file())).isEqualTo(text);
        assertThat(second.deriveText("a")).isEqualTo(first.deriveText("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "secretsecret", "unibus-cluster-key-2:AAAA", "unibus-cluster-key-1:secretsecret"})
    void damagedKeyIsRefusedWithoutShowingIt(String text) throws IOException {
        write(text);
        FatalException e = refused(file());
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(e).hasMessageContaining(file().toString()).hasMessageNotContaining("secretsecret");
        assertThat(Files.readString(file())).isEqualTo(text);
    }

    @Test
    void keyThatOthersCanReadIsRefused() throws IOException {
        write(ZEROES);
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
        assertThat(refused(file())).hasMessageContaining("chmod 600");
    }

    @Test
    void keyInADirectoryThatIsNotThereIsRefused() {
        assertThat(refused(directory.resolve("missing").resolve("cluster.key")).exitCode())
                .isEqualTo(ExitCode.CONFIGURATION);
    }

    @Test
    void labelsGiveDifferentSecrets() {
        ClusterKey key = ClusterKey.loadOrCreate(file(), RANDOM);
        assertThat(key.deriveText("a")).isNotEqualTo(key.deriveText("b"));
        assertThat(new String(key.deriveSeed(NKeyText.Kind.USER, "a"))).startsWith("SU");
    }

    /** HKDF-SHA256 of 32 zero bytes, no salt, info "unibus route", 32 bytes; computed with another implementation. */
    @Test
    void secretsAreDerivedAsRfc5869Says() throws IOException {
        write(ZEROES);
        assertThat(ClusterKey.loadOrCreate(file(), RANDOM).deriveText("route"))
                .isEqualTo("SkOHELU2bYYePBeX8gd_CaWp-iEV5I9W_ebF4dauSOI");
    }

    private Path file() {
        return directory.resolve("cluster.key");
    }

    private void write(String text) throws IOException {
        Files.createFile(file(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file(), text);
    }

    private static FatalException refused(Path file) {
        FatalException e = catchThrowableOfType(FatalException.class, () -> ClusterKey.loadOrCreate(file, RANDOM));
        assertThat(e).isNotNull();
        return e;
    }
}
