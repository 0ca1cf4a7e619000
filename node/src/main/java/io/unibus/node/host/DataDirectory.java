package io.unibus.node.host;

import com.sun.security.auth.module.UnixSystem;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything a node keeps, readable by its owner only. {@link #lock} makes this process its
 * only node until {@link #close} or the end of the process, however it ends.
 */
public final class DataDirectory implements AutoCloseable {
    private static final Set<PosixFilePermission> OWNER_FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
            PosixFilePermissions.asFileAttribute(OWNER_ONLY);

    /** What a data directory may hold before its first node: without any of it a directory serves something else. */
    private static final Set<String> OUR_FILES = Set.of("lock", "unibus.db", "cluster.key");

    /** The start of a process is known to its host to about a second. */
    private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

    private static final String CHOOSE = "choose another directory with --data-dir";

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
     * @param certificates SHA-256 of those by which the node is known, in hexadecimal digits; none without TLS
     * @param cluster where the other nodes connect to; empty for a node alone
     * @param clusterKey the file of the cluster's key
     */
    public record RunningNode(
            long pid,
            long childPid,
            String http,
            String nats,
            List<String> certificates,
            Optional<String> cluster,
            Path clusterKey,
            String store,
            String version,
            Instant startedAt) {
        public RunningNode {
            certificates = List.copyOf(certificates);
        }

        void writeFields(JsonWriter json) {
            json.field("pid", pid);
            json.field("child_pid", childPid);
            json.field("http", http);
            json.field("nats", nats);
            json.strings("certificates", certificates);
            cluster.ifPresent(address -> json.field("cluster", address));
            json.field("cluster_key", clusterKey.toString());
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
                    json.strings("certificates"),
                    json.string("cluster"),
                    Path.of(json.requiredString("cluster_key")),
                    json.requiredString("store"),
                    json.requiredString("version"),
                    json.requiredInstant("started_at"));
        }
    }

    /**
     * Opens the directory, which is made if need be.
     *
     * @throws FatalException when it belongs to another user, others may write to it, or it cannot be used
     */
    public static DataDirectory open(Path path) {
        return open(path, currentUser());
    }

    static DataDirectory open(Path path, long user) {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(path, OWNER_DIRECTORY);
            }
            requireOwner(path, user);
            makePrivate(path);
            if (!Files.isWritable(path)) {
                throw Files.getFileStore(path).isReadOnly()
                        ? unusable(path, "its file system is read-only", "mount it for writing, or " + CHOOSE, null)
                        : unusable(path, "it is not writable for this user", "run `chmod 700 " + path + "`", null);
            }
        } catch (IOException e) {
            throw unusable(path, e);
        }
        return new DataDirectory(path);
    }

    /** Files that root makes would be unusable for the owner; and what the owner puts there, root must not load. */
    private static void requireOwner(Path path, long user) throws IOException {
        if (owner(path) != user) {
            String name = Files.getOwner(path).getName();
            throw unusable(
                    path,
                    "it belongs to " + name,
                    "run this as its owner, for example `sudo -u " + name + " unibus ...`, or " + CHOOSE,
                    null);
        }
    }

    private static void makePrivate(Path path) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        if (OWNER_ONLY.containsAll(permissions)) {
            return;
        }
        boolean othersWrite = permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE);
        if (othersWrite || !isOursAlone(path)) {
            throw unusable(
                    path,
                    "others may " + (othersWrite ? "write to it" : "read it, and it holds other things"),
                    "run `chmod 700 " + path + "` if it is for the node alone, or " + CHOOSE,
                    null);
        }
        Files.setPosixFilePermissions(path, OWNER_ONLY);
    }

    /** Never closes a directory that was given by mistake, such as a home or the root, to everybody else. */
    private static boolean isOursAlone(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.findAny().isEmpty() || OUR_FILES.stream().anyMatch(name -> Files.exists(path.resolve(name)));
        }
    }

    private static long currentUser() {
        return new UnixSystem().getUid();
    }

    private static long owner(Path path) throws IOException {
        return ((Number) Files.getAttribute(path, "unix:uid")).longValue();
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
            throw unusable(path, e);
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
            throw unusable(path, e);
        }
    }

    public void withdrawAnnouncement() {
        try {
            Files.deleteIfExists(announcement(path));
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /**
     * The node that announced itself in a data directory, if its process still lives; nothing when this user may not look.
     */
    public static Optional<RunningNode> findRunning(Path dataDir) {
        try {
            RunningNode node = RunningNode.fromJson(JsonObject.parse(Files.readAllBytes(announcement(dataDir))));
            return ProcessHandle.of(node.pid())
                    .filter(process -> isOf(process, node))
                    .map(process -> node);
        } catch (NoSuchFileException | AccessDeniedException e) {
            return Optional.empty();
        } catch (IOException | MalformedException e) {
            throw new FatalException(
                    ExitCode.CONFIGURATION, announcement(dataDir) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The system gives the number of an ended process to another one, which then began after the node. */
    private static boolean isOf(ProcessHandle process, RunningNode node) {
        Instant latestStart = node.startedAt().plus(START_TOLERANCE);
        return process.isAlive()
                && process.info().startInstant().filter(latestStart::isBefore).isEmpty();
    }

    /**
     * Refuses a secret that others can read or replace. A link is followed: mounted secrets are links, and what counts is
     * the file.
     */
    public static void requirePrivate(Path file) throws IOException {
        requirePrivate(file, currentUser());
    }

    static void requirePrivate(Path file, long user) throws IOException {
        long owner = owner(file);
        if (owner != user && owner != 0) {
            throw new FatalException(
                    ExitCode.CONFIGURATION,
                    file + " holds a secret and belongs to "
                            + Files.getOwner(file).getName()
                            + ", who is neither this user nor root: take a copy of your"
                            + " own with mode 600");
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
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
                throw unusable(path, e);
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

    private static FatalException unusable(Path path, IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof FileAlreadyExistsException exists) {
            return unusable(path, exists.getFile() + " is a file", CHOOSE, e);
        }
        if (message.contains("No space left on device") || message.contains("quota")) {
            return unusable(path, message, "free space there, or " + CHOOSE, e);
        }
        if (message.contains("Read-only file system")) {
            return unusable(path, message, "mount it for writing, or " + CHOOSE, e);
        }
        String reason = e.getClass().getSimpleName().replace("Exception", "") + ": " + message;
        return unusable(path, reason, "make it writable for this user, or " + CHOOSE, e);
    }

    private static FatalException unusable(Path path, String reason, String advice, @Nullable Throwable cause) {
        return new FatalException(
                ExitCode.CONFIGURATION,
                "the data directory " + path + " cannot be used (" + reason + "): " + advice,
                cause);
    }
}
