package io.unibus.store.sqlite;

import io.unibus.store.StoreUnusableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.CRC32;
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
     * <p>What cannot be unpacked here is left to the driver's own way. Does nothing when the system property
     * {@code org.sqlite.lib.path} names a library already.
     *
     * @throws StoreUnusableException when the library is unpacked and the system does not load it
     */
    public static synchronized void unpackInto(Path directory) {
        if (System.getProperty(LIBRARY_PATH) != null) {
            return;
        }
        try {
            Path absolute = directory.toAbsolutePath().normalize();
            String name = unpack(absolute);
            load(absolute.resolve(name));
            System.setProperty(LIBRARY_NAME, name);
            System.setProperty(LIBRARY_PATH, absolute.toString());
            if (System.getProperty(TEMPORARY_DIRECTORY) == null) {
                System.setProperty(TEMPORARY_DIRECTORY, absolute.toString());
            }
        } catch (IOException e) {
            Logger log = LoggerFactory.getLogger(SqliteLibrary.class); // not sooner: only a failure needs it
            log.warn("Cannot keep SQLite's native library; a temporary copy is used: directory={}", directory, e);
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

    /** The name of the file. */
    private static String unpack(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        String name = LibraryLoaderUtil.getNativeLibName();
        String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
        URL packed = SQLiteJDBCLoader.class.getResource(resource);
        if (packed == null) {
            throw new IOException("no native library for this system in the jar: " + resource);
        }
        URLConnection source = packed.openConnection();
        source.setUseCaches(false);
        String unpacked = SQLiteJDBCLoader.getVersion() + "-" + name;
        Path library = directory.resolve(unpacked);
        try (InputStream in = source.getInputStream()) {
            if (!isWhole(library, source)) {
                write(in, directory, library);
            }
        }
        return unpacked;
    }

    /** After a loss of power the file may have its name but not its bytes. */
    private static boolean isWhole(Path library, URLConnection source) throws IOException {
        if (!Files.exists(library) || Files.size(library) != source.getContentLengthLong()) {
            return false;
        }
        if (!(source instanceof JarURLConnection jar)) {
            return true;
        }
        CRC32 crc = new CRC32();
        crc.update(Files.readAllBytes(library));
        return crc.getValue() == jar.getJarEntry().getCrc();
    }

    private static void write(InputStream in, Path directory, Path library) throws IOException {
        Path unfinished = Files.createTempFile(directory, "unpacking-", null);
        try {
            try (OutputStream out = Files.newOutputStream(unfinished)) {
                in.transferTo(out);
            }
            Files.move(unfinished, library, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }
}
