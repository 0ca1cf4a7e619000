package io.unibus.store.sqlite;

import io.unibus.protocol.MalformedException;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteException;

/**
 * Turns faults of SQLite into those of the store; the only class that reads SQLite's result codes
 * (<a href="https://www.sqlite.org/rescode.html">their list</a>). Immutable.
 */
final class SqliteErrors {
    private static final int ERROR = 1;
    private static final int BUSY = 5;
    private static final int LOCKED = 6;
    private static final int NOMEM = 7;
    private static final int READONLY = 8;
    private static final int INTERRUPT = 9;
    private static final int IOERR = 10;
    private static final int CORRUPT = 11;
    private static final int FULL = 13;
    private static final int CANTOPEN = 14;
    private static final int NOTADB = 26;

    private static final String RESTORE = "stop the node and restore the file from a backup.";

    private final Path file;

    SqliteErrors(Path file) {
        this.file = file;
    }

    /** What to throw for a fault that came before a commit, so that nothing was written. */
    StoreException before(SQLException e) {
        return switch (primaryCode(e)) {
            case BUSY, LOCKED ->
                unavailable("another process or connection holds its lock", "try again; if it stays, find it", e);
            case FULL -> unavailable("the disk is full", "free space on it", e);
            case READONLY -> unavailable("it cannot be written", "check its owner, its mode and its mount", e);
            case CANTOPEN ->
                unavailable("it cannot be opened", "check its owner, its mode and the limit on open files", e);
            case NOMEM -> unavailable("there is no memory left", "give the process more", e);
            case INTERRUPT -> closed(e);
            case CORRUPT -> damaged(e.getMessage(), e);
            case NOTADB -> unusable("it is not a SQLite database", "name another file, or " + RESTORE, e);
            case IOERR ->
                unusable("the disk failed: " + e.getMessage(), "check the disk, then start again or " + RESTORE, e);
            default ->
                unusable(
                        "SQLite answered what this program does not expect: " + e.getMessage(),
                        "if another program changed the file, " + RESTORE,
                        e);
        };
    }

    /** What to throw when a row does not hold what this program writes. */
    StoreException unreadable(MalformedException e) {
        return damaged("a row is not of the form that unibus writes: " + e.getMessage(), e);
    }

    StoreUnusableException damaged(@Nullable String how, @Nullable Throwable cause) {
        return unusable("it is damaged: " + how, RESTORE, cause);
    }

    StoreUnusableException unusable(String what, String next, @Nullable Throwable cause) {
        return new StoreUnusableException("The store " + file + " cannot be used: " + what + ". To do: " + next, cause);
    }

    StoreUnavailableException unavailable(String what, String next, @Nullable Throwable cause) {
        return new StoreUnavailableException(
                "The store " + file + " is not available now: " + what + ". Nothing was written. To do: " + next + ".",
                cause);
    }

    StoreMigratedException migrated() {
        return new StoreMigratedException(
                "The store " + file + " is out of use: what it held has moved to a cluster, as "
                        + BesideDatabase.migrated(file)
                        + " says. Nothing was written. To do: stop this node, and start the nodes with --store kv.");
    }

    StoreUnavailableException closed(@Nullable Throwable cause) {
        return unavailable("it was closed", "open it again", cause);
    }

    StoreUnavailableException interrupted(InterruptedException e) {
        return unavailable("the thread was interrupted while it waited", "try again", e);
    }

    OutcomeUnknownException outcomeUnknown(SQLException e) {
        return new OutcomeUnknownException(
                "The store " + file + " could not confirm a write, which may or may not have happened: "
                        + e.getMessage() + ". To do: check the disk, and read before you write again.",
                e);
    }

    /**
     * Whether a COMMIT that failed this way may still come to life: its frames may be whole in the log although SQLite
     * could not confirm them, and recovery after a crash would then apply them.
     */
    static boolean leavesCommitUnknown(SQLException e) {
        int code = primaryCode(e);
        return code == IOERR || code == ERROR;
    }

    static boolean isBusy(SQLException e) {
        int code = primaryCode(e);
        return code == BUSY || code == LOCKED;
    }

    private static int primaryCode(SQLException e) {
        return e instanceof SQLiteException sqlite ? sqlite.getResultCode().code & 0xff : ERROR;
    }
}
