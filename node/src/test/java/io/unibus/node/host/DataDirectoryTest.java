package io.unibus.node.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    private static final long OTHER_USER = 0x7fff_fffeL;
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
            DataDirectory.RunningNode own = node(OWN_PID);
            directory.announce(own);
            assertThat(DataDirectory.findRunning(parent)).contains(own);
            directory.announce(node(Integer.MAX_VALUE));
            assertThat(DataDirectory.findRunning(parent)).isEmpty();
            directory.withdrawAnnouncement();
            assertThat(parent.resolve("node.json")).doesNotExist();
        }
    }

    @Test
    void processThatBeganAfterTheNodeIsNotTheNode() {
        try (DataDirectory directory = DataDirectory.open(parent)) {
            directory.announce(node(OWN_PID, Instant.parse("2026-01-01T00:00:00Z")));
            assertThat(DataDirectory.findRunning(parent)).isEmpty();
        }
    }

    @Test
    void directoryOfAnotherUserIsRefused() {
        FatalException e = catchThrowableOfType(FatalException.class, () -> DataDirectory.open(parent, OTHER_USER));
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(e).hasMessageContaining("it belongs to").hasMessageContaining("sudo -u ");
    }

    @Test
    void directoryThatOthersMayWriteToIsRefused() throws IOException {
        for (String mode : List.of("rwxrwx---", "rwx----w-")) {
            setMode(parent, mode);
            assertUnusable(parent);
        }
        setMode(parent, "rwx------");
    }

    @Test
    void directoryOfTheNodeIsMadePrivateAndAnotherIsNot() throws IOException {
        setMode(parent, "rwxr-xr-x");
        DataDirectory.open(parent).close();
        assertThat(Files.getPosixFilePermissions(parent)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        Files.createFile(parent.resolve("holiday.jpg"));
        setMode(parent, "rwxr-xr-x");
        assertUnusable(parent);
        Files.createFile(parent.resolve("lock"));
        DataDirectory.open(parent).close();
        assertThat(Files.getPosixFilePermissions(parent)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void secretBehindALinkIsJudgedByItsFile() throws IOException {
        Path secret = Files.createFile(parent.resolve("secret"));
        Path link = Files.createSymbolicLink(parent.resolve("link"), secret);
        setMode(secret, "rw-------");
        DataDirectory.requirePrivate(link);
        setMode(secret, "rw-r-----");
        assertThat(catchThrowableOfType(FatalException.class, () -> DataDirectory.requirePrivate(link)))
                .hasMessageContaining("chmod 600");
    }

    private static void setMode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    @Test
    void announcementThatIsNotOneIsRefused() throws IOException {
        Files.writeString(parent.resolve("node.json"), "{");
        FatalException e = catchThrowableOfType(FatalException.class, () -> DataDirectory.findRunning(parent));
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    }

    private static DataDirectory.RunningNode node(long pid) {
        return node(pid, Clock.systemUTC().instant().truncatedTo(ChronoUnit.MILLIS));
    }

    private static DataDirectory.RunningNode node(long pid, Instant startedAt) {
        return new DataDirectory.RunningNode(
                pid,
                2,
                "http://127.0.0.1:1",
                "tls://127.0.0.1:2",
                List.of("00ff"),
                Optional.of("127.0.0.1:3"),
                Path.of("cluster.key"),
                "kv",
                "1",
                startedAt);
    }

    private static void assertUnusable(Path path) {
        FatalException e = catchThrowableOfType(FatalException.class, () -> DataDirectory.open(path));
        assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(e).hasMessageContaining("--data-dir").hasMessageContaining(path.toString());
    }
}
