package io.unibus.store.sqlite;

import io.unibus.protocol.MalformedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A few connections for reads, which never wait for the writer. Opened when first used. Thread-safe; closed by the store. */
final class Readers {
    private static final int CONNECTIONS = 4;

    private final DatabaseFile file;
    private final SqliteErrors errors;
    private final Duration timeout;
    private final Semaphore permits = new Semaphore(CONNECTIONS, true);
    private final ConcurrentLinkedDeque<Session> idle = new ConcurrentLinkedDeque<>();
    private final Set<Session> busy = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Readers(DatabaseFile file, SqliteErrors errors, Duration timeout) {
        this.file = file;
        this.errors = errors;
        this.timeout = timeout;
    }

    /** Reads with one statement. */
    <T> T read(Writer.Work<T> work) {
        acquire();
        try {
            return readOn(borrow(), work);
        } finally {
            permits.release();
        }
    }

    /** Reads with several statements that see the store at one moment. */
    <T> T readAtOnce(Writer.Work<T> work) {
        return read(session -> {
            session.run("BEGIN");
            T result = work.run(session);
            session.run("COMMIT");
            return result;
        });
    }

    /** Waits for running reads, or ends them after the timeout. */
    void close() {
        closed = true;
        if (!awaitAll()) {
            busy.forEach(Session::interrupt);
            awaitAll();
        }
        closeIdle();
    }

    private <T> T readOn(Session session, Writer.Work<T> work) {
        busy.add(session);
        boolean sound = false;
        try {
            T result = work.run(session);
            sound = true;
            return result;
        } catch (SQLException e) {
            throw errors.before(e);
        } catch (MalformedException e) {
            throw errors.unreadable(e);
        } finally {
            busy.remove(session);
            if (sound) {
                idle.push(session);
            } else {
                session.close(); // ends its transaction too
            }
        }
    }

    private Session borrow() {
        @Nullable Session session = idle.poll();
        return session != null ? session : file.openReader();
    }

    private void acquire() {
        try {
            if (!permits.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw errors.unavailable("other reads did not finish within " + timeout, "try again", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted(e);
        }
        if (closed) {
            permits.release();
            throw errors.closed(null);
        }
        if (file.isMigrated()) { // what is true now, the cluster knows
            permits.release();
            throw errors.migrated();
        }
    }

    private boolean awaitAll() {
        try {
            boolean acquired = permits.tryAcquire(CONNECTIONS, timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (acquired) {
                permits.release(CONNECTIONS);
            }
            return acquired;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void closeIdle() {
        for (Session session = idle.poll(); session != null; session = idle.poll()) {
            session.close();
        }
    }
}
