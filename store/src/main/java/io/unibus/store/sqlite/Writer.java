package io.unibus.store.sqlite;

import io.unibus.protocol.MalformedException;
import io.unibus.store.StoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs write transactions one after the other, in the order in which they came. Thread-safe; closed by the store.
 *
 * <p>Every transaction that changes something also writes a random number, so that after a COMMIT without a clear answer
 * reading tells whether it happened.
 */
final class Writer {
    private static final String LAST_WRITE = "SELECT value FROM meta WHERE key = 'last_write'";
    private static final String MARK_WRITE = "UPDATE meta SET value = ? WHERE key = 'last_write'";

    private final DatabaseFile file;
    private final SqliteErrors errors;
    private final Duration timeout;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final AtomicLong begun = new AtomicLong();
    private volatile @Nullable Session session;
    private long lastCommitted;
    private volatile boolean closed;

    Writer(DatabaseFile file, SqliteErrors errors, Duration timeout, Session session) {
        this.file = file;
        this.errors = errors;
        this.timeout = timeout;
        this.session = session;
    }

    /** Runs {@code work} in a transaction, which is durable on return; one that changed nothing is rolled back. */
    <T> T write(Work<T> work) {
        Deadline deadline = Deadline.in(timeout);
        acquire(deadline);
        try {
            return transact(work, deadline);
        } finally {
            lock.unlock();
        }
    }

    /** Returns once a transaction that began after this call is durable, be it another's. */
    void confirm() {
        long arrived = begun.get();
        Deadline deadline = Deadline.in(timeout);
        acquire(deadline);
        try {
            if (lastCommitted <= arrived) {
                transact(session -> session.update(MARK_WRITE, newMark()), deadline);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns whether another connection, of whatever process, may have committed since the last call. Commits of this writer do
     * not count; a connection that is new to this question, or busy for longer than {@code patience}, does.
     */
    boolean mayHaveForeignCommits(Duration patience) {
        if (!awaitLock(patience)) {
            return true;
        }
        try {
            return !closed && askForForeignCommits(patience);
        } finally {
            lock.unlock();
        }
    }

    private boolean askForForeignCommits(Duration patience) {
        try {
            Session session = session();
            session.waitForLocksAtMost(patience);
            return session.hasForeignCommits();
        } catch (SQLException e) {
            discardSession(); // a new one may work again
            throw errors.before(e);
        }
    }

    /** Waits for the running transaction, or ends it after the timeout. */
    void close() {
        closed = true;
        boolean acquired = awaitLock(timeout);
        if (!acquired) {
            Session running = session;
            if (running != null) {
                running.interrupt();
            }
            acquired = awaitLock(timeout);
        }
        if (acquired) {
            discardSession();
            lock.unlock();
        }
    }

    /** How many transactions were begun; for tests. */
    long transactions() {
        return begun.get();
    }

    /** How many threads wait for their turn; for tests. */
    int waiting() {
        return lock.getQueueLength();
    }

    private <T> T transact(Work<T> work, Deadline deadline) {
        boolean settled = false;
        try {
            T result = attempt(work, deadline);
            settled = true;
            return result;
        } catch (StoreException e) {
            settled = true;
            throw e;
        } finally {
            if (!settled) {
                // Wherever an error struck, the lock on the file must not outlive it: closing rolls back what is open.
                discardSession();
            }
        }
    }

    private <T> T attempt(Work<T> work, Deadline deadline) {
        long number = begun.incrementAndGet();
        Session session = session();
        T result;
        long before;
        long mark = newMark();
        try {
            session.waitForLocksAtMost(deadline.left());
            session.forgetChanges();
            session.run("BEGIN IMMEDIATE");
            requireNotMigrated();
            before = session.number(LAST_WRITE);
            result = work.run(session);
            if (!session.hasChanges()) {
                session.run("ROLLBACK");
                return result;
            }
            session.update(MARK_WRITE, mark);
        } catch (SQLException e) {
            rollBack(session);
            throw errors.before(e);
        } catch (MalformedException e) {
            rollBack(session);
            throw errors.unreadable(e);
        } catch (StoreException e) {
            rollBack(session);
            throw e;
        }
        commit(session, before, mark);
        lastCommitted = number;
        return result;
    }

    /** A migration makes its file while it holds the lock that this transaction has now: there is no moment in between. */
    private void requireNotMigrated() {
        if (file.isMigrated()) {
            throw errors.migrated();
        }
    }

    private void commit(Session session, long before, long mark) {
        try {
            session.run("COMMIT");
        } catch (SQLException e) {
            rollBack(session);
            if (!SqliteErrors.leavesCommitUnknown(e)) {
                throw errors.before(e);
            }
            if (!happened(e, before, mark)) {
                throw errors.before(e);
            }
        }
    }

    /**
     * Whether the transaction with {@code mark} was committed although COMMIT failed. If it was not, a new durable write
     * takes its place in the log, so that no recovery can bring it back.
     */
    private boolean happened(SQLException failure, long before, long mark) {
        Session session = session();
        try {
            session.run("BEGIN IMMEDIATE");
            long found = session.number(LAST_WRITE);
            if (file.isMigrated()) {
                session.run("ROLLBACK"); // whether the migration took the transaction over, nobody can tell
                throw errors.outcomeUnknown(failure);
            }
            if (found == before) {
                session.update(MARK_WRITE, newMark());
                session.run("COMMIT");
                return false;
            }
            session.run("ROLLBACK");
            if (found == mark) {
                return true;
            }
        } catch (SQLException e) {
            failure.addSuppressed(e);
            rollBack(session);
        }
        throw errors.outcomeUnknown(failure);
    }

    private void rollBack(Session session) {
        try {
            session.run("ROLLBACK");
        } catch (SQLException e) {
            // Either SQLite rolled back by itself or the connection is broken: a new one is right in both cases.
            discardSession();
        }
    }

    private void discardSession() {
        Session discarded = session;
        session = null;
        if (discarded != null) {
            discarded.close();
        }
    }

    private Session session() {
        Session current = session;
        if (current == null) {
            current = file.openWriter();
            session = current;
        }
        return current;
    }

    private void acquire(Deadline deadline) {
        try {
            if (!lock.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                throw errors.unavailable("other writes did not finish within " + timeout, "try again", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted(e);
        }
        if (closed) {
            lock.unlock();
            throw errors.closed(null);
        }
    }

    private boolean awaitLock(Duration patience) {
        try {
            return lock.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return lock.tryLock();
        }
    }

    private static long newMark() {
        return ThreadLocalRandom.current().nextLong();
    }

    /** What a transaction does; it may only use {@code session}. */
    interface Work<T> {
        T run(Session session) throws SQLException, StoreException;
    }
}
