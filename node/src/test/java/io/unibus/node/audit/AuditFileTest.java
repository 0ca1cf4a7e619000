package io.unibus.node.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditFileTest {
    @TempDir
    private Path directory;

    @Test
    void fileIsForItsOwnerAloneAndContinued() throws IOException {
        Path path = directory.resolve("audit.log");
        append(path, "one");
        append(path, "two");
        assertThat(path).hasContent("one\ntwo\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    private static void append(Path path, String line) {
        try (AuditFile file = new AuditFile(path, Long.MAX_VALUE)) {
            file.append(line.getBytes(UTF_8));
        }
    }

    @Test
    void fullFileIsPutAsideAndTheOldestGoes() throws IOException {
        Path path = directory.resolve("audit.log");
        try (AuditFile file = new AuditFile(path, 12)) {
            for (int i = 100; i < 100 + 3 * (AuditFile.OLDER_FILES + 2); i++) {
                file.append(Integer.toString(i).getBytes(UTF_8));
            }
            assertThat(file.readable()).hasSize(AuditFile.OLDER_FILES + 1);
        }
        assertThat(path).hasContent("130\n131\n132\n");
        assertThat(directory.resolve("audit.log.1")).hasContent("127\n128\n129\n");
        assertThat(directory.resolve("audit.log.9")).hasContent("103\n104\n105\n");
        assertThat(directory.toFile().list()).hasSize(AuditFile.OLDER_FILES + 1);
    }

    @Test
    void fileThatWasMovedAwayIsBegunAnew() throws IOException {
        Path path = directory.resolve("audit.log");
        try (AuditFile file = new AuditFile(path, Long.MAX_VALUE)) {
            file.append("one".getBytes(UTF_8));
            Files.move(path, directory.resolve("kept"));
            file.append("two".getBytes(UTF_8));
        }
        assertThat(directory.resolve("kept")).hasContent("one\n");
        assertThat(path).hasContent("two\n");
    }

    @Test
    void linesAreWrittenAgainOnceThatIsPossible() throws IOException {
        Path path = directory.resolve("not-yet").resolve("audit.log");
        try (AuditFile file = new AuditFile(path, Long.MAX_VALUE)) {
            file.append("lost".getBytes(UTF_8));
            Files.createDirectory(path.getParent());
            file.append("one".getBytes(UTF_8));
            file.append("two".getBytes(UTF_8));
        }
        assertThat(Files.readAllLines(path)).containsExactly("", "one", "two");
    }
}
