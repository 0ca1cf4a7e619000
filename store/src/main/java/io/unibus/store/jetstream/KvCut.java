package io.unibus.store.jetstream;

import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.snapshot.ChainedCursor;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.SortedRows;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * What the buckets hold, as of one moment: a moment before which everything was told that a quorum had acknowledged,
 * and after which nothing changed until that was known. Of the sealed keys only those count that a room's epochs point
 * at. One thread; whoever opened it closes it.
 */
public final class KvCut implements SnapshotSource {
    private final CutRows rows;
    private final long count;

    private KvCut(CutRows rows) {
        this.rows = rows;
        this.count = rows.count(CutRows.Kind.USER) + countRoomsAndMembers() + rows.count(CutRows.Kind.SEALED_KEY);
    }

    private long countRoomsAndMembers() {
        long found = 0;
        try (Rooms rooms = new Rooms()) {
            for (var room = rooms.nextRoom(); room.isPresent(); room = rooms.nextRoom()) {
                found += 1 + room.get().state().members().size();
            }
        }
        return found;
    }

    /**
     * Follows the buckets until they hold still for as long as five writes take.
     *
     * @param buckets those that are read; the projections may be left out when the result is only read
     * @param patience how long to wait for that moment once everything was read
     * @throws io.unibus.store.StoreException when there is no quorum, or the buckets change all the time
     */
    static KvCut open(
            Function<Map<Bucket, EntryListener>, Following> begin,
            Set<Bucket> buckets,
            LongSupplier nanoTime,
            Duration patience) {
        CutRows rows = new CutRows(SortedRows.create());
        boolean done = false;
        try {
            Map<Bucket, EntryListener> listeners = new EnumMap<>(Bucket.class);
            for (Bucket bucket : buckets) {
                listeners.put(bucket, rows.listener(bucket));
            }
            try (Following following = begin.apply(listeners)) {
                following.awaitWhole();
                awaitStillness(rows, following, nanoTime.getAsLong() + patience.toNanos(), nanoTime);
            }
            KvCut cut = new KvCut(rows);
            done = true;
            return cut;
        } finally {
            if (!done) {
                rows.close();
            }
        }
    }

    /**
     * All that was acknowledged before the fences begin is told when they are confirmed; when nothing was told in between,
     * that is what the buckets held when the fences began.
     */
    private static void awaitStillness(CutRows rows, Following following, long deadline, LongSupplier nanoTime) {
        following.confirmNow();
        while (true) {
            long before = rows.changes();
            following.confirmNow();
            if (rows.freezeIfStill(before)) {
                return;
            }
            if (nanoTime.getAsLong() - deadline >= 0) {
                throw new StoreUnavailableException(
                        "The control plane changes all the time, so that there is no moment to take a snapshot of."
                                + " To do: try again when less is going on.",
                        null);
            }
        }
    }

    /** For the target, which looks at the entries themselves. */
    CutRows rows() {
        return rows;
    }

    /**
     * Whether a migration wrote a record of this cut, and no node changed it since; a member or a key with its room.
     *
     * @param migration the secret name of the migration
     */
    public boolean isMadeBy(String migration, SnapshotRecord record) {
        ImportIds ids = new ImportIds(migration);
        if (record instanceof SnapshotRecord.OfUser user) {
            return rows.find(CutRows.user(user.user().endpoint()))
                    .map(KvCut::user)
                    .filter(ids::made)
                    .isPresent();
        }
        return rows.find(CutRows.room(new RoomId(record.first())))
                .map(KvCut::room)
                .filter(ids::made)
                .isPresent();
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public SnapshotCursor from(Section first) {
        return ChainedCursor.ofSections(first, this::open);
    }

    @Override
    public void close() {
        rows.close();
    }

    static RoomRecord room(SortedRows.Row row) {
        return CutRows.decoded(
                Bucket.ROOMS, row, () -> RoomRecord.fromJson(row.value(), row.revision(), UnaryOperator.identity()));
    }

    private static UserRecord user(SortedRows.Row row) {
        return CutRows.decoded(Bucket.USERS, row, () -> UserRecord.fromJson(row.value()));
    }

    private SnapshotCursor open(Section section) {
        return switch (section) {
            case USERS -> new Users();
            case ROOMS -> new Rooms();
            case MEMBERS -> ofRooms(Members::new);
            case SEALED_KEYS -> ofRooms(room -> new SealedKeysCursor(rows, room));
        };
    }

    /** What belongs to the rooms that there are, room by room. */
    private SnapshotCursor ofRooms(Function<RoomRecord, SnapshotCursor> opening) {
        Rooms rooms = new Rooms();
        return new ChainedCursor(() -> rooms.nextRoom().map(opening), rooms::close);
    }

    private final class Users implements SnapshotCursor {
        private final SortedRows.Cursor users = rows.all(CutRows.Kind.USER);

        @Override
        public Optional<SnapshotRecord> next() {
            return users.next().map(row -> new SnapshotRecord.OfUser(user(row).user()));
        }

        @Override
        public void close() {
            users.close();
        }
    }

    private final class Rooms implements SnapshotCursor {
        private final SortedRows.Cursor rooms = rows.all(CutRows.Kind.ROOM);

        @Override
        public Optional<SnapshotRecord> next() {
            return nextRoom().map(record -> new SnapshotRecord.OfRoom(record.room()));
        }

        Optional<RoomRecord> nextRoom() {
            return rooms.next().map(KvCut::room);
        }

        @Override
        public void close() {
            rooms.close();
        }
    }

    private static final class Members implements SnapshotCursor {
        private final RoomId room;
        private final Iterator<Member> members;

        Members(RoomRecord record) {
            this.room = record.roomId();
            this.members = record.state().members().values().iterator();
        }

        @Override
        public Optional<SnapshotRecord> next() {
            return members.hasNext()
                    ? Optional.of(new SnapshotRecord.OfMember(room, members.next()))
                    : Optional.empty();
        }

        @Override
        public void close() {}
    }
}
