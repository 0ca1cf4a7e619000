package io.unibus.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which file is taken for SQLite's library; none is loaded here. */
final class SqliteLibraryTest {
    private static final FileTime LONG_AGO = FileTime.fromMillis(0);
    private static final int NOBODY = 65534;

    @TempDir
    private Path parent;

    private Path directory;
    private Path library;
    private byte[] packed;

    @BeforeEach
    void unpackOnce() throws IOException {
        directory = parent.resolve("bin");
        library = SqliteLibrary.unpack(directory);
        packed = Files.readAllBytes(library);
    }

    @Test
    void isUnpackedOnceAndForTheOwnerOnly() throws IOException {
        Files.setLastModifiedTime(library, LONG_AGO);
        assertThat(SqliteLibrary.unpack(directory)).isEqualTo(library);
        assertThat(Files.getLastModifiedTime(library)).isEqualTo(LONG_AGO);
        assertThat(mode(library)).isEqualTo("rw-------");
        assertThat(mode(directory)).isEqualTo("rwx------");
        assertThat(directory).isDirectoryContaining(library::equals);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(library);
        }
    }

    @Test
    void otherBytesOfTheSameSizeAndChecksumAreReplaced() throws IOException {
        byte[] forged = forge(packed);
        assertThat(forged).hasSameSizeAs(packed).isNotEqualTo(packed);
        assertThat(checksum(forged)).isEqualTo(checksum(packed));
        Files.write(library, forged);

        SqliteLibrary.unpack(directory);

        assertThat(library).hasBinaryContent(packed);
    }

    @Test
    void aFileThatOthersCanWriteIsReplaced() throws IOException {
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rw-rw----"));
        SqliteLibrary.unpack(directory);
        assertThat(mode(library)).isEqualTo("rw-------");
    }

    @Test
    void aLinkIsReplaced() throws IOException {
        Path elsewhere = Files.move(library, parent.resolve("elsewhere"));
        Files.createSymbolicLink(library, elsewhere);
        SqliteLibrary.unpack(directory);
        assertThat(Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @Test
    void aDirectoryThatOthersCanWriteIsRefused() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> SqliteLibrary.unpack(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("others");
    }

    @Test
    void whatBelongsToAnotherUserIsNotTrusted() throws IOException {
        assumeTrue(Files.getAttribute(directory, "unix:uid").equals(0), "only root can give files away");
        Files.setAttribute(library, "unix:uid", NOBODY);
        SqliteLibrary.unpack(directory);
        assertThat(Files.getAttribute(library, "unix:uid")).isEqualTo(0);

        Files.setAttribute(directory, "unix:uid", NOBODY);
        assertThatThrownBy(() -> SqliteLibrary.unpack(directory)).isInstanceOf(IOException.class);
    }

    /** Flips the bits of the checksum's generator polynomial, which leaves the checksum as it is. */
    private static byte[] forge(byte[] original) {
        byte[] forged = original.clone();
        for (int bit = 0; bit <= 32; bit++) {
            if ((0x104C11DB7L >> (32 - bit) & 1) == 1) {
                forged[4096 + bit / 8] ^= (byte) (1 << bit % 8);
            }
        }
        return forged;
    }

    private static long checksum(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
