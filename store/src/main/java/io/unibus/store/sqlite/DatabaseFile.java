package io.unibus.store.sqlite;

import io.unibus.store.StoreUnusableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;

/**
 * The database file and how connections to it are made. Immutable.
 *
 * <p>Once SQLite has the file open, this process must not open it by other means: closing that descriptor would release
 * SQLite's POSIX locks. So the checks here use only {@code stat}, {@code chmod} and SQLite itself.
 */
final class DatabaseFile {
    /** Largest file that is checked whole when it is opened; that takes about a quarter of a second. */
    static final long CHECKED_BYTES = 64L << 20;

    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rw-------");
    private static final long LOG_BYTES_KEPT = 16L << 20;
    private static final Duration RETRY = Duration.ofMillis(5);

    private final Path path;
    private final SqliteErrors errors;
    private final Duration timeout;

    DatabaseFile(Path path, SqliteErrors errors, Duration timeout) {
        this.path = path;
        this.errors = errors;
        this.timeout = timeout;
    }

    /** Creates the file when there is none, checks it, and brings its tables up to date. The result may write. */
    Session prepare() {
        createPrivately();
        return opened(session -> {
            Schema.requireOurs(session, errors);
            requireSound(session);
            makePrivate();
            useWriteAheadLog(session);
            configureWriter(session);
            Schema.migrate(session);
        });
    }

    Session openWriter() {
        return opened(this::configureWriter);
    }

    Session openReader() {
        return opened(session -> session.execute("PRAGMA query_only = ON"));
    }

    /** A sound store of this version, in a file that is there. Reads whatever a reader may, and can hold the write lock. */
    Session openExisting() {
        return opened(session -> {
            Schema.requireCurrent(session, errors);
            requireSoundWhole(session);
        });
    }

    /** Whether what the file holds has moved; also when that cannot be found out. */
    boolean isMigrated() {
        return !Files.notExists(BesideDatabase.migrated(path));
    }

    private Session opened(Setup setup) {
        Session session;
        try {
            session = connect();
        } catch (SQLException e) {
            throw errors.before(e);
        }
        try {
            setup.run(session);
            return session;
        } catch (SQLException e) {
            session.close();
            throw errors.before(e);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    private Session connect() throws SQLException {
        // As a URI, because in a plain name a question mark would begin options.
        String url = JDBC.PREFIX + "file:" + path.toUri().getRawPath();
        Properties options = new Properties();
        options.setProperty("busy_timeout", Long.toString(timeout.toMillis()));
        SQLiteConnection connection = JDBC.createConnection(url, options);
        return new Session(connection);
    }

    private void configureWriter(Session session) throws SQLException {
        session.execute("PRAGMA synchronous = FULL");
        session.execute("PRAGMA foreign_keys = ON");
        session.execute("PRAGMA trusted_schema = OFF");
        session.execute("PRAGMA journal_size_limit = " + LOG_BYTES_KEPT);
    }

    /** SQLite does not wait for other connections while it changes the journal mode, so this does. */
    private void useWriteAheadLog(Session session) throws SQLException {
        Deadline deadline = Deadline.in(timeout);
        while (true) {
            try {
                session.execute("PRAGMA journal_mode = WAL");
                return;
            } catch (SQLException e) {
                if (!SqliteErrors.isBusy(e) || deadline.hasPassed()) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    private void requireSound(Session session) throws SQLException {
        if (size() <= CHECKED_BYTES) {
            requireSoundWhole(session);
        }
    }

    private void requireSoundWhole(Session session) throws SQLException {
        List<String> findings = session.list("PRAGMA quick_check(3)", row -> row.getString(1));
        if (!findings.equals(List.of("ok"))) {
            throw errors.damaged(String.join("; ", findings), null);
        }
    }

    private void createPrivately() {
        if (Files.isDirectory(path)) {
            throw errors.unusable("it is a directory", "name a file, or move the directory away.", null);
        }
        Path directory = path.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw errors.unusable("there is no directory " + directory, "create it, or name another.", null);
        }
        try {
            // SQLite gives -wal and -shm the mode of this file.
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (FileAlreadyExistsException e) {
            requireWritable();
        } catch (IOException e) {
            throw notWritable(e);
        }
        if (!Files.isWritable(directory)) {
            throw notWritable(null);
        }
    }

    private void requireWritable() {
        if (!Files.isReadable(path) || !Files.isWritable(path)) {
            throw notWritable(null);
        }
    }

    private StoreUnusableException notWritable(@Nullable IOException e) {
        return errors.unusable(
                "this process may not read and write it or its directory" + (e == null ? "" : ": " + e),
                "check their owner, their mode and their mount, or name another file.",
                e);
    }

    private void makePrivate() {
        try {
            if (!Files.getPosixFilePermissions(path).equals(PRIVATE)) {
                Files.setPosixFilePermissions(path, PRIVATE);
            }
            for (String suffix : List.of("-wal", "-shm")) {
                Path beside = path.resolveSibling(path.getFileName() + suffix);
                if (Files.exists(beside)) {
                    Files.setPosixFilePermissions(beside, PRIVATE);
                }
            }
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    private long size() {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Setup {
        void run(Session session) throws SQLException;
    }
}
