package io.unibus.store.sqlite;

import io.unibus.store.StoreUnusableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/** Where SQLite's native library is unpacked. Concerns the whole process, because a library is loaded once. */
public final class SqliteLibrary {
    private static final String LIBRARY_PATH = "org.sqlite.lib.path";
    private static final String LIBRARY_NAME = "org.sqlite.lib.name";
    private static final String TEMPORARY_DIRECTORY = "org.sqlite.tmpdir";

    private SqliteLibrary() {}

    /**
     * Unpacks the library into {@code directory} (created with mode 0700), to be used by this and later starts; to be
     * called before the first store is opened. Without this call every start unpacks a copy of its own into the folder for
     * temporary files, which stays there when the process is killed.
     *
     * <p>What cannot be unpacked here, or not safely because others can write the directory, is left to the driver's own way. Does nothing when the system property
     * {@code org.sqlite.lib.path} names a library already.
     *
     * @throws StoreUnusableException when the library is unpacked and the system does not load it
     */
    public static synchronized void unpackInto(Path directory) {
        if (System.getProperty(LIBRARY_PATH) != null) {
            return;
        }
        try {
            Path library = unpack(directory);
            load(library);
            String parent = String.valueOf(library.getParent());
            System.setProperty(LIBRARY_NAME, String.valueOf(library.getFileName()));
            System.setProperty(LIBRARY_PATH, parent);
            if (System.getProperty(TEMPORARY_DIRECTORY) == null) {
                System.setProperty(TEMPORARY_DIRECTORY, parent);
            }
        } catch (IOException e) {
            Logger log = LoggerFactory.getLogger(SqliteLibrary.class); // not sooner: only a failure needs it
            log.warn(
                    "Cannot keep SQLite's native library; a temporary copy is used: directory={} reason={}",
                    directory,
                    e.toString());
        }
    }

    /** Sooner than the driver would, which says of a failure only that it cannot open a connection. */
    private static void load(Path library) {
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new StoreUnusableException(
                    "SQLite's library cannot be loaded (" + e.getMessage() + "). To do: if the file system of "
                            + library.getParent()
                            + " is mounted noexec, mount it without, or use a directory elsewhere.",
                    e);
        }
    }

    /**
     * The library's file. One that is there is taken only if it is this user's alone and byte for byte the jar's: whoever
     * can write it, or the directory, can run code here.
     */
    static Path unpack(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path real = directory.toRealPath();
        String name = LibraryLoaderUtil.getNativeLibName();
        byte[] packed = packed(LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name);
        Path library = real.resolve(SQLiteJDBCLoader.getVersion() + "-" + name);
        Path unfinished = Files.createTempFile(real, "unpacking-", null);
        try {
            UserPrincipal user = Files.getOwner(unfinished); // the effective one, which has a name nowhere else
            if (!isOnlyOf(user, real)) {
                throw new IOException(real + " is not this user's, or others can write it");
            }
            if (!isTrusted(library, user, packed)) {
                Files.write(unfinished, packed);
                Files.move(unfinished, library, StandardCopyOption.ATOMIC_MOVE);
            }
        } finally {
            Files.deleteIfExists(unfinished);
        }
        return library;
    }

    private static byte[] packed(String resource) throws IOException {
        try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no native library for this system in the jar: " + resource);
            }
            return in.readAllBytes();
        }
    }

    /** After a loss of power the file may have its name but not its bytes. */
    private static boolean isTrusted(Path library, UserPrincipal user, byte[] packed) throws IOException {
        return Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS)
                && isOnlyOf(user, library)
                && Files.size(library) == packed.length
                && Arrays.equals(Files.readAllBytes(library), packed);
    }

    private static boolean isOnlyOf(UserPrincipal user, Path path) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return attributes.owner().equals(user)
                && !attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
                && !attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE);
    }
}
