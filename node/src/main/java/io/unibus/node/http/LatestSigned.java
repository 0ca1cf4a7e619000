package io.unibus.node.http;

import io.unibus.node.host.ExitCode;
import io.unibus.node.host.FatalException;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * The latest time at which a verified request says that it was signed, in a file that outlives the process, however that
 * ends. The next process does not know the nonces of this one, and refuses what was not signed later. Eight bytes, big endian:
 * seconds since 1970. Thread-safe.
 */
final class LatestSigned {
    private final MappedByteBuffer file;
    private final Instant before;
    private volatile long latest;

    private LatestSigned(MappedByteBuffer file) {
        this.file = file;
        this.latest = file.getLong(0);
        this.before = Instant.ofEpochSecond(latest);
    }

    /** @throws FatalException when the file cannot be written */
    static LatestSigned open(Path path) {
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new LatestSigned(channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES));
        } catch (IOException | IllegalArgumentException e) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    "cannot keep in " + path + " when requests were signed (" + e.getMessage()
                            + "): make it writable, or delete it while no node runs",
                    e);
        }
    }

    /** Returns the time that the process before has left; the beginning of 1970 when there was none. */
    Instant ofProcessBefore() {
        return before;
    }

    /** Takes note of a request that was verified, before it is answered. */
    void note(Instant signed) {
        long seconds = signed.getEpochSecond();
        if (seconds > latest) {
            raise(seconds);
        }
    }

    private synchronized void raise(long seconds) {
        if (seconds > latest) {
            file.putLong(0, seconds);
            latest = seconds;
        }
    }
}
