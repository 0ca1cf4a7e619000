package io.unibus.node.audit;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of lines that only grows, of mode 0600. A full file becomes {@code .1}, the one before {@code .2}, and so on; the oldest goes.
 * Each line is one write at the end of the file, so that several processes may write; a file that another process has moved away is
 * begun anew. Lines are not synced to the disk one by one: the loss of power can cost the last seconds. Thread-safe.
 */
final class AuditFile implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AuditFile.class);

    /** As many older files are kept. */
    static final int OLDER_FILES = 9;

    private final Path path;
    private final long mostBytes;
    private @Nullable OutputStream out;
    private @Nullable Object key;
    private long length;
    private long fullAt;
    private boolean failing;
    private long missing;

    /** @param mostBytes of one file; a file may grow by one line beyond it */
    AuditFile(Path path, long mostBytes) {
        this.path = path;
        this.mostBytes = mostBytes;
        this.fullAt = mostBytes;
    }

    /** Returns the files that there are, the newest first. */
    List<Path> readable() {
        return IntStream.rangeClosed(0, OLDER_FILES)
                .mapToObj(age -> older(path, age))
                .filter(Files::exists)
                .toList();
    }

    private static Path older(Path path, int age) {
        return age == 0 ? path : path.resolveSibling(path.getFileName() + "." + age);
    }

    /**
     * Appends a line. A failure is logged once, until a line can be written again: a full disk must not keep the node from revoking
     * somebody.
     *
     * @param line without its end
     */
    synchronized void append(byte[] line) {
        byte[] bytes = new byte[line.length + (failing ? 2 : 1)];
        System.arraycopy(line, 0, bytes, failing ? 1 : 0, line.length);
        bytes[0] = failing ? (byte) '\n' : bytes[0]; // half a line may stand before it
        bytes[bytes.length - 1] = '\n';
        try {
            OutputStream file = ready();
            file.write(bytes);
            length += bytes.length;
            if (failing) {
                failing = false;
                log.warn("{} is written again; {} lines are missing", path, missing);
                missing = 0;
            }
        } catch (IOException e) {
            missing++;
            if (!failing) {
                failing = true;
                log.error(
                        "{} cannot be written ({}), and changes are not audited: free space there, or make it writable",
                        path,
                        e.toString());
            }
        }
    }

    private OutputStream ready() throws IOException {
        if (out != null && !Objects.equals(key, keyOfFile())) {
            closeFile();
        }
        if (out != null && length >= fullAt) {
            closeFile();
            putAside();
        }
        OutputStream open = out;
        return open == null ? openFile() : open;
    }

    /** Goes on with the full file when that cannot be put aside, and tries again when it has grown as much once more. */
    private void putAside() {
        try {
            int free = 1;
            while (free < OLDER_FILES && Files.exists(older(path, free))) {
                free++;
            }
            for (int age = free; age > 0; age--) {
                Files.move(older(path, age - 1), older(path, age), StandardCopyOption.REPLACE_EXISTING);
            }
            fullAt = mostBytes;
        } catch (IOException e) {
            fullAt = length + mostBytes;
            log.warn("{} is full, cannot be put aside ({}), and grows on", path, e.toString());
        }
    }

    private OutputStream openFile() throws IOException {
        try {
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            giveToOwner();
        } catch (FileAlreadyExistsException e) {
            log.trace("{} is continued", path);
        }
        OutputStream opened =
                new FileOutputStream(path.toFile(), true); // not a channel, which an interrupt would close
        out = opened;
        key = keyOfFile();
        length = Files.size(path);
        return opened;
    }

    /** Gives a new file to the owner of the directory: what root makes there must stay writable for the node. */
    private void giveToOwner() throws IOException {
        UserPrincipal owner = Files.getOwner(path.toAbsolutePath().getParent());
        if (!Files.getOwner(path).equals(owner)) {
            Files.setOwner(path, owner);
        }
    }

    private @Nullable Object keyOfFile() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void closeFile() throws IOException {
        OutputStream open = out;
        out = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public synchronized void close() {
        try {
            closeFile();
        } catch (IOException e) {
            log.warn("{} could not be closed: {}", path, e.getMessage());
        }
    }
}
