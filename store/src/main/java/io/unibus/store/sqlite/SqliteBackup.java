package io.unibus.store.sqlite;

import io.unibus.store.snapshot.SnapshotException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** A copy of a database beside it, by {@code VACUUM INTO}: consistent also while others write, sound and compact. */
public final class SqliteBackup {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    private SqliteBackup() {}

    /**
     * Copies {@code file} to {@code <file>.backup-<time>}, which has that name only when it is whole and on the disk. Only
     * to be done by one at a time.
     *
     * @return the copy
     * @throws SnapshotException when there is a file of that name already, or it cannot be written
     * @throws io.unibus.store.StoreException when the database cannot be read, or the disk is full
     */
    public static Path take(Path file, Instant now, Duration timeout) {
        Path path = file.toAbsolutePath().normalize();
        Path copy = path.resolveSibling(path.getFileName() + ".backup-" + TIME.format(now));
        Path unfinished = path.resolveSibling(path.getFileName() + ".backup.tmp");
        try {
            try {
                discard(unfinished); // of one that was ended
                // SQLite fills an empty file, which so has its mode from the beginning.
                Files.createFile(
                        unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                vacuumInto(path, unfinished, timeout);
                sync(unfinished, StandardOpenOption.WRITE);
                Files.createLink(copy, unfinished); // unlike a move, never replaces a file
                sync(copy.resolveSibling("."), StandardOpenOption.READ);
                return copy;
            } finally {
                discard(unfinished);
            }
        } catch (FileAlreadyExistsException e) {
            throw new SnapshotException(e.getFile() + " exists already and was left as it is: try again", e);
        } catch (IOException e) {
            throw new SnapshotException("the backup " + copy + " cannot be written: " + e, e);
        }
    }

    private static void vacuumInto(Path file, Path copy, Duration timeout) {
        SqliteErrors errors = new SqliteErrors(file);
        SqliteCut.requireFile(file, errors);
        Session session =
                new DatabaseFile(file, errors, timeout).openWriter(); // a reader may not, although it only reads
        try {
            session.update("VACUUM INTO ?", copy.toString());
        } catch (SQLException e) {
            throw errors.before(e);
        } finally {
            session.close();
        }
    }

    private static void discard(Path unfinished) throws IOException {
        Files.deleteIfExists(unfinished);
        Files.deleteIfExists(unfinished.resolveSibling(unfinished.getFileName() + "-journal"));
    }

    private static void sync(Path path, StandardOpenOption option) throws IOException {
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    }
}
