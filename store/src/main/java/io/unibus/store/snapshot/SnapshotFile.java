package io.unibus.store.snapshot;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A snapshot in a file of mode 0600: JSON Lines, or those sealed by a {@link Coding}. Verified whole when it is opened. */
public final class SnapshotFile implements SnapshotSource {
    private static final int BUFFER = 64 * 1024;

    private final Path path;
    private final Coding coding;
    private final Manifest manifest;

    private SnapshotFile(Path path, Coding coding, Manifest manifest) {
        this.path = path;
        this.coding = coding;
        this.manifest = manifest;
    }

    /** How the lines become the bytes of the file and back. */
    public interface Coding {
        Coding PLAIN = new Coding() {
            @Override
            public OutputStream encode(OutputStream file) {
                return file;
            }

            @Override
            public InputStream decode(InputStream file) {
                return file;
            }
        };

        /** Closing the result must complete what was written to it. */
        OutputStream encode(OutputStream file) throws IOException;

        /** The result must fail, and not end, where the file was changed or truncated. */
        InputStream decode(InputStream file) throws IOException;
    }

    /**
     * Writes everything of {@code source} to a new file, which has its name only when it is whole and on the disk.
     *
     * @throws SnapshotException when there is a file of that name already, or it cannot be written
     */
    public static Manifest write(Path path, Coding coding, SnapshotSource source, Progress progress) {
        Path target = path.toAbsolutePath();
        requireAbsent(target);
        Path unfinished = target.resolveSibling(
                target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            try {
                Manifest manifest = writeNew(unfinished, coding, source, progress);
                Files.createLink(target, unfinished); // unlike a move, never replaces a file
                syncDirectory(target);
                return manifest;
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (FileAlreadyExistsException e) {
            throw new SnapshotException(e.getFile() + " exists already and was left as it is: name another file", e);
        } catch (IOException e) {
            throw new SnapshotException("the snapshot cannot be written to " + path + ": " + reason(e), e);
        }
    }

    /**
     * Reads the file once from beginning to end.
     *
     * @throws SnapshotException with the line, when it is not a whole and unchanged snapshot
     */
    public static SnapshotFile open(Path path, Coding coding, Progress progress) {
        try (SnapshotReader reader = reader(path, coding, Section.USERS)) {
            long done = 0;
            while (reader.next().isPresent()) {
                progress.at(Progress.Step.CHECK_SOURCE, ++done, 0);
            }
            return new SnapshotFile(path, coding, reader.manifest());
        }
    }

    public Manifest manifest() {
        return manifest;
    }

    @Override
    public long count() {
        return manifest.count();
    }

    @Override
    public SnapshotCursor from(Section first) {
        return reader(path, coding, first);
    }

    @Override
    public void close() {}

    private static SnapshotReader reader(Path path, Coding coding, Section first) {
        try {
            InputStream file = Files.newInputStream(path);
            try {
                return new SnapshotReader(path.toString(), coding.decode(file), first);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new SnapshotException("there is no file " + path, e);
        } catch (IOException e) {
            throw new SnapshotException(path + " cannot be read: " + reason(e), e);
        }
    }

    private static Manifest writeNew(Path file, Coding coding, SnapshotSource source, Progress progress)
            throws IOException {
        Files.deleteIfExists(file); // of an ended process of the same number
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            Manifest manifest;
            OutputStream bytes = new BufferedOutputStream(new Uncloseable(Channels.newOutputStream(channel)), BUFFER);
            try (OutputStream lines = coding.encode(bytes)) {
                manifest = new SnapshotWriter(lines).write(source, progress, Progress.Step.WRITE);
            }
            bytes.flush();
            channel.force(true);
            return manifest;
        }
    }

    private static void requireAbsent(Path path) {
        if (Files.exists(path)) {
            throw new SnapshotException(path + " exists already and was left as it is: name another file");
        }
        Path directory = path.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new SnapshotException("there is no directory " + directory + ": make it, or name another file");
        }
    }

    private static void syncDirectory(Path file) throws IOException {
        Path directory = file.getParent();
        if (directory != null) {
            try (FileChannel channel = FileChannel.open(directory)) {
                channel.force(true);
            }
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "") + ": " + e.getMessage();
    }

    /** Lets the coding end its stream while the file stays open to be synced. */
    private static final class Uncloseable extends FilterOutputStream {
        Uncloseable(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
