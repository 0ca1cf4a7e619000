package io.unibus.embeddednats;

import io.unibus.embeddednats.NatsServerException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An exclusive lock that ends with the process; nats-server has none of its own, and two on one store lose data. */
final class DirectoryLock implements AutoCloseable {
    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    static DirectoryLock acquire(Path file) {
        try {
            FileChannel channel = FileChannel.open(
                    file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), PrivateFiles.mode("rw-------"));
            if (lock(channel) == null) {
                channel.close();
                throw new NatsServerException(
                        Reason.DIRECTORY_IN_USE,
                        "another process runs a server on " + file.getParent()
                                + "; stop it, or choose another directory");
            }
            return new DirectoryLock(channel);
        } catch (IOException e) {
            throw PrivateFiles.unusable("lock", file, e);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new NatsServerException(Reason.DIRECTORY_UNUSABLE, "cannot release a lock: " + e.getMessage(), e);
        }
    }
}
