package io.unibus.store.sqlite;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import io.unibus.store.AccessListener;
import io.unibus.store.AccessListeners;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeSource;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The store of a single node in one SQLite file. Thread-safe; whoever opened it closes it.
 *
 * <p>A write is durable (synced to the disk) when it returns. Several processes may have the file open at once: each sees
 * what the others committed. Reads see every write that returned before they began. The wait for locks is bounded by the
 * operation timeout; a disk that hangs is not. Once the file {@link BesideDatabase#migrated} is there, no write is taken
 * and no read is answered any more, in any process.
 */
public final class SqliteStore implements Store {
    private final Writer writer;
    private final Readers readers;
    private final AccessListeners listeners = new AccessListeners();
    private final ChangeTail tail;
    private final DataVersionPoller poller;

    private SqliteStore(Writer writer, Readers readers) {
        this.writer = writer;
        this.readers = readers;
        this.tail = new ChangeTail(readers);
        this.poller = new DataVersionPoller(writer, listeners, tail);
    }

    /**
     * Opens the store in {@code file}, which is created with mode 0600 in an existing directory; an existing file gets that
     * mode. A file of at most 64 MiB is checked for damage first ({@code PRAGMA quick_check}); damage in a larger one is
     * found when it is met.
     *
     * @param operationTimeout how long an operation waits for locks, of this process or another
     * @throws io.unibus.store.StoreUnusableException when the file is not a database, damaged, another program's, of a
     *     newer unibus, or not this process's to write; it is not changed then
     * @throws io.unibus.store.StoreUnavailableException when it is locked for longer than the timeout, or the disk is full
     */
    public static SqliteStore open(Path file, Duration operationTimeout) {
        Path path = file.toAbsolutePath().normalize();
        SqliteErrors errors = new SqliteErrors(path);
        DatabaseFile database = new DatabaseFile(path, errors, operationTimeout);
        Writer writer = new Writer(database, errors, operationTimeout, database.prepare());
        return new SqliteStore(writer, new Readers(database, errors, operationTimeout));
    }

    /** For tests, which look inside. */
    Writer writer() {
        return writer;
    }

    /** For tests, which look inside. */
    Readers readers() {
        return readers;
    }

    @Override
    public Optional<User> findUser(Endpoint endpoint) {
        return readers.read(session -> UserRows.find(session, endpoint));
    }

    @Override
    public List<User> users() {
        return readers.read(UserRows::all);
    }

    @Override
    public boolean hasAdmin() {
        return readers.read(UserRows::hasAdmin);
    }

    @Override
    public Outcome<User> addUser(User user) {
        return told(write(session -> UserRows.add(session, user)), user.endpoint());
    }

    @Override
    public Outcome<User> revokeUser(Endpoint endpoint, Instant at) {
        return told(write(session -> UserRows.revoke(session, endpoint, at)), endpoint);
    }

    @Override
    public Optional<RoomState> findRoom(RoomId room) {
        return readers.readAtOnce(session -> RoomRows.find(session, room));
    }

    @Override
    public Outcome<RoomState> createRoom(NewRoom room) {
        return told(
                write(session -> RoomRows.create(session, room)), room.owner().endpoint());
    }

    @Override
    public Optional<RoomState> commit(RoomChange change) {
        Optional<RoomState> after = write(session -> RoomRows.commit(session, change));
        if (after.isPresent()) {
            change.joining().forEach(member -> listeners.accessMayHaveChanged(member.endpoint()));
            change.leaving().forEach(listeners::accessMayHaveChanged);
        }
        return after;
    }

    @Override
    public Optional<RoomKey> findKey(RoomId room, Epoch epoch, Endpoint endpoint) {
        return readers.read(session -> RoomRows.findKey(session, room, epoch, endpoint));
    }

    @Override
    public List<MemberRoom> roomsOf(Endpoint endpoint) {
        return readers.read(session -> RoomRows.ofMember(session, endpoint));
    }

    /**
     * Tells of a write through this store before it returns, in its thread; of one through another store or process within a
     * second, of which it says only that any access may have changed, in a thread of its own.
     */
    @Override
    public void addListener(AccessListener listener) {
        listeners.add(listener);
        poller.start();
    }

    /**
     * Tells of every committed row that changed, also by hand, and of what this process missed while it was not running; of the
     * latter at least the newest 10,000 changes are kept. What {@code INSERT OR REPLACE} by hand removes is not told, since SQLite runs no
     * trigger for it. Of a write through this store it tells at once, of another within a
     * second, in a thread of its own. All changes are counted in {@link ChangeSource#CHANGES}.
     */
    @Override
    public void addChangeListener(ChangeListener listener, ChangePosition after) {
        tail.add(listener, after.in(ChangeSource.CHANGES));
        poller.start();
        poller.wake();
    }

    /** Concurrent callers share one write. */
    @Override
    public void confirmWritable() {
        writer.confirm();
    }

    /** Also brings the write-ahead log into the file and removes it, unless another process has the store open. */
    @Override
    public void close() {
        poller.close();
        readers.close();
        writer.close();
    }

    private <T> T write(Writer.Work<T> work) {
        try {
            return writer.write(work);
        } catch (OutcomeUnknownException e) {
            listeners.anyAccessMayHaveChanged();
            throw e;
        } finally {
            poller.wake();
        }
    }

    private <T> Outcome<T> told(Outcome<T> outcome, Endpoint endpoint) {
        if (outcome instanceof Outcome.Done<T>) {
            listeners.accessMayHaveChanged(endpoint);
        }
        return outcome;
    }
}
