package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and directories that nobody but their owner can read, from the moment they exist, and that are whole or not there. */
final class PrivateFiles {
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private PrivateFiles() {}

    /** Creates the directory and those above it, mode 0700, unless it exists; its real path. */
    static Path directory(Path directory) {
        try {
            return Files.createDirectories(directory, mode("rwx------")).toRealPath();
        } catch (IOException e) {
            throw unusable("create the directory", directory, e);
        }
    }

    /** An open temporary file beside the target, mode 0600 or 0700, to be moved there by {@link #publish}. */
    static Path temporary(Path target, boolean executable) throws IOException {
        return Files.createTempFile(
                directoryOf(target), "." + target.getFileName(), ".tmp", mode(executable ? "rwx------" : "rw-------"));
    }

    /** Makes the temporary file durable and moves it to its place. */
    static void publish(Path temporary, Path target) throws IOException {
        try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(directoryOf(target));
    }

    /** Writes a file of mode 0600 in one step: a reader finds the old text or the new. */
    static void write(Path target, String text) {
        write(target, text, temporary -> Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE));
    }

    /** The same, and after it the new text survives a loss of power. */
    static void writeDurably(Path target, String text) {
        write(target, text, temporary -> publish(temporary, target));
    }

    private interface Move {
        void from(Path temporary) throws IOException;
    }

    private static void write(Path target, String text, Move move) {
        try {
            Path temporary = temporary(target, false);
            try {
                try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                    while (bytes.hasRemaining()) {
                        file.write(bytes);
                    }
                }
                move.from(temporary);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw unusable("write", target, e);
        }
    }

    static NatsServerException unusable(String what, Path path, IOException cause) {
        String why = cause instanceof AccessDeniedException
                ? "permission denied for user " + System.getProperty("user.name")
                : cause.getMessage() + " (" + cause.getClass().getSimpleName() + ")";
        return new NatsServerException(
                Reason.DIRECTORY_UNUSABLE,
                "cannot " + what + " " + path + ": " + why + "; choose another directory, or give this one to the user,"
                        + " and see that there is space",
                cause);
    }

    static void syncDirectory(Path directory) throws IOException {
        if (POSIX) {
            try (FileChannel channel = FileChannel.open(directory)) {
                channel.force(true);
            }
        }
    }

    private static Path directoryOf(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file.toAbsolutePath() : parent;
    }

    static FileAttribute<?>[] mode(String permissions) {
        if (!POSIX) {
            return new FileAttribute<?>[0];
        }
        FileAttribute<Set<PosixFilePermission>> attribute =
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
        return new FileAttribute<?>[] {attribute};
    }
}
