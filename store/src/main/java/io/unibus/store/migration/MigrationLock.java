package io.unibus.store.migration;

import io.unibus.store.StoreUnavailableException;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.sqlite.BesideDatabase;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** That of one database only one migration runs. Ends with the process at the latest; whoever took it closes it. */
final class MigrationLock implements AutoCloseable {
    private final FileChannel channel;

    private MigrationLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws StoreUnavailableException when another migration runs */
    static MigrationLock take(Path database) {
        Path file = BesideDatabase.migrationLock(database);
        try {
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            @Nullable MigrationLock lock = null;
            try {
                lock = isLocked(channel) ? new MigrationLock(channel) : null;
            } finally {
                if (lock == null) {
                    channel.close();
                }
            }
            if (lock == null) {
                throw new StoreUnavailableException(
                        "Another migration of " + database + " runs. To do: wait for its end.", null);
            }
            return lock;
        } catch (IOException e) {
            throw new SnapshotException(
                    file + ", which keeps another migration from beginning, cannot be made: " + e
                            + ". Make its directory writable and run this again",
                    e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** The file stays: whoever removed it could take it from under another's lock. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The lock ends with the process, then.
        }
    }
}
