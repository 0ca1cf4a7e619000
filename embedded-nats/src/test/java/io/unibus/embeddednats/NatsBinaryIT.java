package io.unibus.embeddednats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NatsBinaryIT {
    @TempDir
    private Path directory;

    @Test
    void installsUnderItsDigestForItsOwnerOnly() throws IOException {
        NatsBinary bundled = NatsBinary.bundled();
        InstalledBinary binary = bundled.installInto(directory.resolve("bin"));

        assertThat(binary.executable())
                .isEqualTo(directory
                        .toRealPath()
                        .resolve("bin/" + bundled.version() + "-" + bundled.sha256() + "/nats-server"));
        assertThat(mode(binary.executable())).isEqualTo("rwx------");
        assertThat(mode(binary.executable().resolveSibling(""))).isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(binary.executable().resolveSibling(""))) {
            assertThat(files).containsExactly(binary.executable());
        }
    }

    @Test
    void leavesAnIntactProgramAndOtherVersionsAlone() throws IOException {
        Path other = Files.createDirectories(directory.resolve("2.14.0-abc")).resolve("nats-server");
        Files.writeString(other, "other");
        Path program = NatsBinary.bundled().installInto(directory).executable();
        FileTime time = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(program, time);

        NatsBinary.bundled().installInto(directory);

        assertThat(Files.getLastModifiedTime(program)).isEqualTo(time);
        assertThat(other).hasContent("other");
    }

    @Test
    void replacesADamagedProgram() throws IOException {
        Path program = NatsBinary.bundled().installInto(directory).executable();
        long size = Files.size(program);
        try (var channel = Files.newByteChannel(program, StandardOpenOption.WRITE)) {
            channel.position(size / 2).write(StandardCharsets.US_ASCII.encode("damage"));
        }
        NatsBinary.bundled().installInto(directory);
        assertThat(Files.mismatch(program, pristine())).isEqualTo(-1);

        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rw-------"));
        NatsBinary.bundled().installInto(directory);
        assertThat(mode(program)).isEqualTo("rwx------");
    }

    @Test
    void refusesAJarWhoseProgramIsDamaged() {
        NatsBinary damaged = new NatsBinary(() -> new ByteArrayInputStream(new byte[10]), "9", "0123");
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> damaged.installInto(directory));
        assertThat(failure.reason()).isEqualTo(Reason.BINARY_UNUSABLE);
        assertThat(directory.resolve("9-0123")).isEmptyDirectory();
    }

    @Test
    void namesADirectoryThatCannotBeUsed() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        NatsServerException failure = catchThrowableOfType(
                NatsServerException.class, () -> NatsBinary.bundled().installInto(file.resolve("bin")));
        assertThat(failure.reason()).isEqualTo(Reason.DIRECTORY_UNUSABLE);
        assertThat(failure).hasMessageContaining(file.toString()).hasMessageContaining("choose another directory");
    }

    @Test
    void namesThePlatformsThatAreThere() {
        NatsServerException failure =
                catchThrowableOfType(NatsServerException.class, () -> NatsBinary.bundled("linux-riscv64"));
        assertThat(failure)
                .hasMessageContaining("linux-riscv64")
                .hasMessageContaining("linux-")
                .hasMessageContaining("-Dnats-server.binary");
    }

    private Path pristine() {
        return NatsBinary.bundled().installInto(directory.resolve("pristine")).executable();
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
