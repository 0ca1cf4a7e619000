package io.unibus.store.sqlite;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
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

    private SqliteStore(Writer writer, Readers readers) {
        this.writer = writer;
        this.readers = readers;
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
        return writer.write(session -> UserRows.add(session, user));
    }

    @Override
    public Outcome<User> revokeUser(Endpoint endpoint, Instant at) {
        return writer.write(session -> UserRows.revoke(session, endpoint, at));
    }

    @Override
    public Optional<RoomState> findRoom(RoomId room) {
        return readers.readAtOnce(session -> RoomRows.find(session, room));
    }

    @Override
    public Outcome<RoomState> createRoom(NewRoom room) {
        return writer.write(session -> RoomRows.create(session, room));
    }

    @Override
    public Optional<RoomState> commit(RoomChange change) {
        return writer.write(session -> RoomRows.commit(session, change));
    }

    @Override
    public Optional<RoomKey> findKey(RoomId room, Epoch epoch, Endpoint endpoint) {
        return readers.read(session -> RoomRows.findKey(session, room, epoch, endpoint));
    }

    @Override
    public List<MemberRoom> roomsOf(Endpoint endpoint) {
        return readers.read(session -> RoomRows.ofMember(session, endpoint));
    }

    /** Concurrent callers share one write. */
    @Override
    public void confirmWritable() {
        writer.confirm();
    }

    /** Also brings the write-ahead log into the file and removes it, unless another process has the store open. */
    @Override
    public void close() {
        readers.close();
        writer.close();
    }
}
