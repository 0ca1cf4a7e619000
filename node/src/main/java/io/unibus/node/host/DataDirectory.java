package io.unibus.node.host;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything a node keeps, readable by its owner only. {@link #lock} makes this process its
 * only node until {@link #close} or the end of the process, however it ends.
 */
public final class DataDirectory implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_FILE = PosixFilePermissions.fromString("rw-------");
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path path;
    private @Nullable FileChannel lock;

    private DataDirectory(Path path) {
        this.path = path;
    }

    /**
     * What tools need to find a running node.
     *
     * @param pid of the Java process
     * @param childPid of its nats-server when it became ready
     */
    public record RunningNode(
            long pid, long childPid, String http, String nats, String store, String version, Instant startedAt) {
        void writeFields(JsonWriter json) {
            json.field("pid", pid);
            json.field("child_pid", childPid);
            json.field("http", http);
            json.field("nats", nats);
            json.field("store", store);
            json.field("version", version);
            json.field("started_at", startedAt);
        }

        private static RunningNode fromJson(JsonObject json) {
            return new RunningNode(
                    json.requiredLong("pid"),
                    json.requiredLong("child_pid"),
                    json.requiredString("http"),
                    json.requiredString("nats"),
                    json.requiredString("store"),
                    json.requiredString("version"),
                    json.requiredInstant("started_at"));
        }
    }

    /** Opens the directory, which is made if need be. */
    public static DataDirectory open(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(path, OWNER_DIRECTORY);
            }
        } catch (FileAlreadyExistsException e) {
            throw unusable(path, e.getFile() + " is a file", e);
        } catch (IOException e) {
            throw unusable(path, reason(e), e);
        }
        if (!Files.isWritable(path)) {
            throw unusable(path, "it is not writable for this user", null);
        }
        return new DataDirectory(path);
    }

    /** Makes this process the only node on the directory. */
    public void lock() {
        Path file = path.resolve("lock");
        try {
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(OWNER_FILE));
            if (!tryLock(channel)) {
                String holder = readHolder(channel);
                channel.close();
                throw new FatalException(
                        ExitCode.TRY_AGAIN,
                        "the data directory " + path + " is in use by another node" + holder
                                + ": stop that node first, or give this one its own --data-dir");
            }
            lock = channel;
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw unusable(path, reason(e), e);
        }
    }

    public Path path() {
        return path;
    }

    /** Leaves word of the running node for tools, replacing what was there in one step. */
    public void announce(RunningNode node) {
        Path file = announcement(path);
        Path temporary = path.resolve("node.json.tmp");
        try {
            Files.deleteIfExists(temporary);
            Files.createFile(temporary, PosixFilePermissions.asFileAttribute(OWNER_FILE));
            Files.write(temporary, JsonWriter.object(node::writeFields));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw unusable(path, reason(e), e);
        }
    }

    public void withdrawAnnouncement() {
        try {
            Files.deleteIfExists(announcement(path));
        } catch (IOException e) {
            throw unusable(path, reason(e), e);
        }
    }

    /** The node that announced itself in a data directory, if its process still lives. */
    public static Optional<RunningNode> findRunning(Path dataDir) {
        try {
            RunningNode node = RunningNode.fromJson(JsonObject.parse(Files.readAllBytes(announcement(dataDir))));
            return ProcessHandle.of(node.pid()).filter(ProcessHandle::isAlive).map(alive -> node);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | MalformedException e) {
            throw new FatalException(
                    ExitCode.CONFIGURATION, announcement(dataDir) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Refuses a secret that others can read. */
    public static void requirePrivate(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        if (!OWNER_FILE.containsAll(permissions)) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    file + " holds a secret and has mode " + PosixFilePermissions.toString(permissions)
                            + ": run `chmod 600 " + file + "`, and replace the secret if others may have read it");
        }
    }

    /** Ends the lock. Idempotent. */
    @Override
    public void close() {
        @Nullable FileChannel held = lock;
        lock = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                throw unusable(path, reason(e), e);
            }
        }
    }

    private static Path announcement(Path dataDir) {
        return dataDir.resolve("node.json");
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            @Nullable FileLock held = channel.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) {
            return false; // held by this very process
        }
    }

    private static String readHolder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
        return pid.isEmpty() ? "" : " (process " + pid + ")";
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "") + ": " + e.getMessage();
    }

    private static FatalException unusable(Path path, String reason, @Nullable Throwable cause) {
        return new FatalException(
                ExitCode.CONFIGURATION,
                "the data directory " + path + " cannot be used (" + reason
                        + "): make it writable for this user, or choose another with --data-dir",
                cause);
    }
}
