package io.unibus.node.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    private static final long OWN_PID = ProcessHandle.current().pid();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path parent;

    @Test
    void newDirectoryIsForItsOwnerOnly() throws IOException {
        try (DataDirectory directory = DataDirectory.open(parent.resolve("a").resolve("data"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.path())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void lockIsHeldByOneAndSaysByWhom() {
        try (DataDirectory first = DataDirectory.open(parent);
                DataDirectory second = DataDirectory.open(parent)) {
            first.lock();
            FatalException e = catchThrowableOfType(FatalException.class, second::lock);
            assertThat(e.exitCode()).isEqualTo(ExitCode.TRY_AGAIN);
            assertThat(e).hasMessageContaining("(process " + OWN_PID + ")").hasMessageContaining(parent.toString());
        }
    }

    @Test
    void lockEndsWhenClosed() {
        DataDirectory first = DataDirectory.open(parent);
        first.lock();
        first.close();
        first.close();
        try (DataDirectory second = DataDirectory.open(parent)) {
            second.lock();
        }
    }

    @Test
    void fileIsNotADirectory() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));
        assertUnusable(file);
        assertUnusable(file.resolve("below"));
    }

    @Test
    void directoryThatCannotBeMadeIsRefused() {
        assertUnusable(Path.of("/proc/unibus-data"));
    }

    @Test
    void runningNodeIsFoundAndAnEndedOneIsNot() {
        try (DataDirectory directory = DataDirectory.open(parent)) {
            assertThat(DataDirectory.findRunning(parent)).isEmpty();
            directory.announce(node(OWN_PID));
            assertThat(DataDirectory.findRunning(parent)).contains(node(OWN_PID));
            directory.announce(node(Integer.MAX_VALUE));
            assertThat(DataDirectory.findRunning(parent)).isEmpty();
            directory.withdrawAnnouncement();
            assertThat(parent.resolve("node.json")).doesNotExist();
        }
    }

    @Test
    void announcementThatIsNotOneIsRefused() throws IOException {
        Files.writeString(parent.resolve("node.json"), "{");
        FatalException e = catchThrowableOfType(FatalException.class, () -> DataDirectory.findRunning(parent));
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    }

    private static DataDirectory.RunningNode node(long pid) {
        Instant startedAt = Instant.parse("2026-11-21T08:50:00Z");
        return new DataDirectory.RunningNode(
                pid, 2, "http://127.0.0.1:1", "nats://127.0.0.1:2", "sqlite", "1", startedAt);
    }

    private static void assertUnusable(Path path) {
        FatalException e = catchThrowableOfType(FatalException.class, () -> DataDirectory.open(path));
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(e).hasMessageContaining("--data-dir").hasMessageContaining(path.toString());
    }
}
