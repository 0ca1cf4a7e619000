package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import io.unibus.store.AccessListener;
import io.unibus.store.ChangeListener;
import io.unibus.store.ChangePosition;
import io.unibus.store.ChangeSource;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.Store;
import io.unibus.store.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The store of a cluster, in five replicated buckets. Thread-safe; whoever opened it closes it.
 *
 * <p>A write is on the disks of a quorum when it returns. A read is answered from memory, as of at most
 * {@code maxStaleness} ago, and only if a quorum confirmed that; through the store that wrote, it sees what was written.
 * Without a quorum it fails with {@link QuorumUnconfirmedException}.
 */
public final class JetStreamStore implements Store {
    private static final Set<Bucket> USERS = Set.of(Bucket.USERS);
    private static final Set<Bucket> ROOMS = Set.of(Bucket.ROOMS);

    private final Buckets buckets;
    private final RoomView rooms;
    private final UserView users;
    private final JetStreamOptions options;
    private final RoomKeys keys;
    private final RoomCommits commits;
    private final RoomCreation creation;
    private final UserWrites userWrites;
    private final Repair repair;
    private final ViewRefresher refresher;
    private final Runnable release;
    private volatile boolean closed;

    /**
     * @param timer runs what a listener needs while nobody reads
     * @param background runs what may happen after the answer
     * @param release ends what the store was given, once
     */
    JetStreamStore(
            Buckets buckets,
            RoomView rooms,
            UserView users,
            JetStreamOptions options,
            Timer timer,
            Executor background,
            Runnable release) {
        Ids ids = new Ids(options.random());
        MembershipProjector projector = new MembershipProjector(buckets, rooms, background);
        this.buckets = buckets;
        this.rooms = rooms;
        this.users = users;
        this.options = options;
        this.keys = new RoomKeys(buckets);
        this.commits = new RoomCommits(buckets, rooms, keys, projector, ids);
        this.creation = new RoomCreation(buckets, rooms, keys, projector, ids);
        this.userWrites = new UserWrites(buckets, users, ids);
        this.repair = new Repair(
                buckets, rooms, projector, creation, keys, commits, options.repairGrace(), options.nanoTime());
        this.refresher = new ViewRefresher(timer, List.of(buckets.users(), buckets.rooms()));
        this.release = release;
    }

    /**
     * Opens the store; returns at once. Until the views are read and a quorum has confirmed them, reads wait for that.
     *
     * @param link to the account that has the buckets, which must exist; it stays the caller's and outlives the store
     */
    public static JetStreamStore open(Link link, JetStreamOptions options) {
        RoomView rooms = new RoomView();
        UserView users = new UserView();
        Duration timeout = options.operationTimeout();
        QuorumFences fences = QuorumFences.open(
                link,
                Map.of(Bucket.ROOMS, rooms, Bucket.USERS, users),
                options.nanoTime(),
                new QuorumFence.Limits(timeout, options.maxStaleness()),
                options.node());
        Map<Bucket, Fence> byBucket = new EnumMap<>(Bucket.class);
        for (Bucket bucket : Bucket.values()) {
            byBucket.put(bucket, fences.of(bucket));
        }
        Buckets buckets = new Buckets(
                new JetStreamWrites(link, fences.timer(), options.nanoTime(), timeout),
                new JetStreamReads(link, options.nanoTime(), timeout),
                byBucket,
                timeout.plusSeconds(1),
                options.nanoTime());
        Background background = new Background();
        JetStreamStore store = new JetStreamStore(buckets, rooms, users, options, fences.timer(), background, () -> {
            background.close();
            fences.close();
        });
        background.repeat(store.repair::run, options.repairInterval());
        return store;
    }

    @Override
    public Optional<User> findUser(Endpoint endpoint) {
        return read(USERS, () -> users.find(endpoint).map(held -> held.value().user()));
    }

    @Override
    public List<User> users() {
        return read(USERS, users::all);
    }

    @Override
    public boolean hasAdmin() {
        return read(USERS, users::hasAdmin);
    }

    @Override
    public Outcome<User> addUser(User user) {
        requireOpen();
        return userWrites.add(user);
    }

    @Override
    public Outcome<User> revokeUser(Endpoint endpoint, Instant at) {
        requireOpen();
        return userWrites.revoke(endpoint, at, deadline());
    }

    @Override
    public Optional<RoomState> findRoom(RoomId room) {
        return read(ROOMS, () -> rooms.state(room));
    }

    @Override
    public Outcome<RoomState> createRoom(NewRoom room) {
        requireOpen();
        return creation.create(room, deadline());
    }

    @Override
    public Optional<RoomState> commit(RoomChange change) {
        requireOpen();
        return commits.commit(change, deadline());
    }

    @Override
    public Optional<RoomKey> findKey(RoomId room, Epoch epoch, Endpoint endpoint) {
        return read(ROOMS, () -> rooms.record(room)).flatMap(record -> keys.find(record, epoch, endpoint));
    }

    @Override
    public List<MemberRoom> roomsOf(Endpoint endpoint) {
        return read(ROOMS, () -> rooms.roomsOf(endpoint));
    }

    /**
     * Tells of a change, whoever made it, as soon as the views hold it, which is when the message of the bucket's leader comes; a
     * lost one is noticed within a second, by fences that this begins to ask regularly. A view that is built anew tells that any
     * access may have changed.
     */
    @Override
    public void addListener(AccessListener listener) {
        requireOpen();
        users.addListener(listener);
        rooms.addListener(listener);
        refresher.start();
    }

    /**
     * Tells of rooms and their members in {@link ChangeSource#ROOMS} and of users in {@link ChangeSource#USERS}, by the revisions
     * of the two buckets, as soon as the views hold a change; see {@link #addListener}. Of a room or user that was written
     * several times while this store missed the messages, it tells all changes as of the last write. The same holds for a bucket
     * that was created anew, whose revisions begin anew.
     *
     * <p>Not guaranteed: of what was written after the position and before this store was opened, only the last state is known.
     * If that leaves open what changed, the room or user is told as found; what was removed then is not told.
     */
    @Override
    public void addChangeListener(ChangeListener listener, ChangePosition after) {
        requireOpen();
        users.addChangeListener(listener, after.in(ChangeSource.USERS));
        rooms.addChangeListener(listener, after.in(ChangeSource.ROOMS));
        refresher.start();
    }

    /** Writes to all five buckets. Concurrent callers share the writes. */
    @Override
    public void confirmWritable() {
        requireOpen();
        buckets.confirmNow(EnumSet.allOf(Bucket.class), deadline());
    }

    @Override
    public void close() {
        synchronized (release) {
            if (closed) {
                return;
            }
            closed = true;
        }
        release.run();
    }

    /** Clears away what nodes that died left; otherwise done in the background. */
    Repair repair() {
        return repair;
    }

    private <T> T read(Set<Bucket> from, Supplier<T> look) {
        requireOpen();
        return buckets.answer(from, look, deadline());
    }

    private Deadline deadline() {
        return Deadline.in(options.operationTimeout(), options.nanoTime());
    }

    private void requireOpen() {
        if (closed) {
            throw new StoreUnavailableException("the store is closed", null);
        }
    }
}
