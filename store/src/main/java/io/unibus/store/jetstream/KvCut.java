package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.SortedRows;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the five buckets hold, as of one moment: a moment before which everything was told that a quorum had acknowledged,
 * and after which nothing changed until that was known. Whether a change is settled makes no difference, and of the sealed
 * keys only those count that a room's epochs point at. One thread; whoever opened it closes it.
 */
public final class KvCut implements SnapshotSource {
    private final CutRows rows;
    private final long count;

    private KvCut(CutRows rows) {
        this.rows = rows;
        this.count = rows.count(CutRows.Kind.USER)
                + rows.count(CutRows.Kind.ROOM)
                + rows.count(CutRows.Kind.MEMBER)
                + rows.count(CutRows.Kind.SEALED_KEY);
    }

    /**
     * Follows the buckets until they hold still for as long as five writes take.
     *
     * @param patience how long to wait for that moment once everything was read
     * @throws io.unibus.store.StoreException when there is no quorum, or the buckets change all the time
     */
    static KvCut open(Function<Map<Bucket, EntryListener>, Following> begin, LongSupplier nanoTime, Duration patience) {
        CutRows rows = new CutRows(SortedRows.create());
        boolean done = false;
        try {
            Map<Bucket, EntryListener> listeners = new EnumMap<>(Bucket.class);
            for (Bucket bucket : Bucket.values()) {
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

    /** The members of a room that has this record. */
    SnapshotCursor membersOf(RoomRecord room) {
        return new Members(room);
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
                    .map(row -> decoded(Bucket.USERS, row, () -> UserRecord.fromJson(row.value())))
                    .filter(ids::made)
                    .isPresent();
        }
        return rows.find(CutRows.room(new RoomId(record.first())))
                .flatMap(KvCut::room)
                .filter(ids::made)
                .isPresent();
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public SnapshotCursor from(Section first) {
        return new Sections(first);
    }

    @Override
    public void close() {
        rows.close();
    }

    /** The room that a row holds; empty when its creation was called off. */
    static Optional<RoomRecord> room(SortedRows.Row row) {
        return decoded(
                Bucket.ROOMS,
                row,
                () -> RoomValue.fromJson(row.value()) instanceof RoomRecord record
                        ? Optional.of(record)
                        : Optional.empty());
    }

    private static <T> T decoded(Bucket bucket, SortedRows.Row row, Decoding<T> decoding) {
        try {
            return decoding.decode();
        } catch (MalformedException e) {
            throw Unreadable.exception(
                    bucket,
                    row.key().first() + " " + row.key().middle() + " "
                            + row.key().last(),
                    e.getMessage());
        }
    }

    private interface Decoding<T> {
        T decode();
    }

    private final class Sections implements SnapshotCursor {
        private final Iterator<Section> sections;
        private @Nullable SnapshotCursor current;

        Sections(Section first) {
            this.sections = Arrays.stream(Section.values())
                    .filter(section -> section.compareTo(first) >= 0)
                    .iterator();
        }

        @Override
        public Optional<SnapshotRecord> next() {
            while (true) {
                SnapshotCursor cursor = current;
                Optional<SnapshotRecord> record = cursor == null ? Optional.empty() : cursor.next();
                if (record.isPresent()) {
                    return record;
                }
                close();
                if (!sections.hasNext()) {
                    return Optional.empty();
                }
                current = open(sections.next());
            }
        }

        @Override
        public void close() {
            SnapshotCursor cursor = current;
            current = null;
            if (cursor != null) {
                cursor.close();
            }
        }

        private SnapshotCursor open(Section section) {
            return switch (section) {
                case USERS -> new Users();
                case ROOMS -> new Rooms();
                case MEMBERS -> new OfRooms(Members::new);
                case SEALED_KEYS -> new OfRooms(SealedKeys::new);
            };
        }
    }

    private final class Users implements SnapshotCursor {
        private final SortedRows.Cursor users = rows.all(CutRows.Kind.USER);

        @Override
        public Optional<SnapshotRecord> next() {
            return users.next()
                    .map(row -> decoded(
                            Bucket.USERS,
                            row,
                            () -> new SnapshotRecord.OfUser(
                                    UserRecord.fromJson(row.value()).user())));
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
            for (var row = rooms.next(); row.isPresent(); row = rooms.next()) {
                Optional<RoomRecord> room = room(row.get());
                if (room.isPresent()) {
                    return room;
                }
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            rooms.close();
        }
    }

    /** What belongs to the rooms that there are, room by room. */
    private final class OfRooms implements SnapshotCursor {
        private final Rooms rooms = new Rooms();
        private final Function<RoomRecord, SnapshotCursor> opening;
        private @Nullable SnapshotCursor current;

        OfRooms(Function<RoomRecord, SnapshotCursor> opening) {
            this.opening = opening;
        }

        @Override
        public Optional<SnapshotRecord> next() {
            while (true) {
                SnapshotCursor cursor = current;
                Optional<SnapshotRecord> record = cursor == null ? Optional.empty() : cursor.next();
                if (record.isPresent()) {
                    return record;
                }
                closeCurrent();
                Optional<RoomRecord> room = rooms.nextRoom();
                if (room.isEmpty()) {
                    return Optional.empty();
                }
                current = opening.apply(room.get());
            }
        }

        @Override
        public void close() {
            closeCurrent();
            rooms.close();
        }

        private void closeCurrent() {
            SnapshotCursor cursor = current;
            current = null;
            if (cursor != null) {
                cursor.close();
            }
        }
    }

    /** The settled members of one room under what its last change did to them. */
    private final class Members implements SnapshotCursor {
        private final RoomRecord room;
        private final SortedRows.Cursor settled;
        private final Queue<Member> joined = new ArrayDeque<>();
        private Optional<Member> next;

        Members(RoomRecord room) {
            this.room = room;
            this.settled = rows.of(CutRows.Kind.MEMBER, room.roomId());
            room.delta().joined().values().forEach(item -> joined.add(item.member()));
            this.next = nextSettled();
        }

        @Override
        public Optional<SnapshotRecord> next() {
            Member first = joined.peek();
            if (first != null
                    && next.filter(member -> member.endpoint().compareTo(first.endpoint()) < 0)
                            .isEmpty()) {
                joined.remove();
                return Optional.of(new SnapshotRecord.OfMember(room.roomId(), first));
            }
            Optional<SnapshotRecord> record = next.map(member -> new SnapshotRecord.OfMember(room.roomId(), member));
            next = record.isPresent() ? nextSettled() : next;
            return record;
        }

        private Optional<Member> nextSettled() {
            for (var row = settled.next(); row.isPresent(); row = settled.next()) {
                SortedRows.Row found = row.get();
                Endpoint endpoint = new Endpoint(found.key().last());
                Optional<Member> member = decoded(
                        Bucket.MEMBERS,
                        found,
                        () -> MemberRecord.fromJson(endpoint, found.value()).member());
                if (member.isPresent() && !room.delta().concerns(endpoint)) {
                    return member;
                }
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            settled.close();
        }
    }

    /** The sealed keys that one room's epochs point at, and those that its last change brought. */
    private final class SealedKeys implements SnapshotCursor {
        private final RoomRecord room;
        private final SortedRows.Cursor written;
        private final Queue<RoomKey> joined = new ArrayDeque<>();
        private Optional<RoomKey> next;
        private long epoch;
        private @Nullable String rekey;

        SealedKeys(RoomRecord room) {
            this.room = room;
            this.written = rows.of(CutRows.Kind.SEALED_KEY, room.roomId());
            room.delta()
                    .joined()
                    .forEach((endpoint, item) -> item.sealedKey()
                            .ifPresent(key -> joined.add(
                                    new RoomKey(room.roomId(), room.room().epoch(), endpoint, key))));
            this.next = nextWritten();
        }

        @Override
        public Optional<SnapshotRecord> next() {
            RoomKey first = joined.peek();
            if (first != null && next.filter(key -> isBefore(key, first)).isEmpty()) {
                joined.remove();
                if (next.filter(key -> !isBefore(first, key)).isPresent()) {
                    next = nextWritten(); // the same key, settled
                }
                return Optional.of(new SnapshotRecord.OfKey(first));
            }
            Optional<SnapshotRecord> record = next.map(SnapshotRecord.OfKey::new);
            next = record.isPresent() ? nextWritten() : next;
            return record;
        }

        private static boolean isBefore(RoomKey key, RoomKey other) {
            int order = key.epoch().compareTo(other.epoch());
            return order < 0 || (order == 0 && key.endpoint().compareTo(other.endpoint()) < 0);
        }

        private Optional<RoomKey> nextWritten() {
            for (var row = written.next(); row.isPresent(); row = written.next()) {
                SortedRows.Row found = row.get();
                enter(found);
                if (found.key().middle().equals(rekey)) {
                    return Optional.of(decoded(Bucket.ROOM_KEYS, found, () -> key(found)));
                }
            }
            return Optional.empty();
        }

        /** Keeps track of which rekey the epoch of a row points at; where it is over, its first row tells. */
        private void enter(SortedRows.Row row) {
            long current = room.room().epoch().number();
            if (row.key().number() != epoch) {
                epoch = row.key().number();
                rekey = epoch == current ? room.rekey().orElse(null) : null;
            }
            if (row.key().middle().isEmpty()) {
                rekey = epoch < current
                        ? decoded(Bucket.ROOM_KEYS, row, () -> RoomKeys.rekeyOfPastEpoch(name(row), row.value()))
                        : rekey;
            }
        }

        private RoomKey key(SortedRows.Row row) {
            SealedKey key = RoomKeys.fromJson(name(row), row.value());
            return new RoomKey(
                    room.roomId(),
                    new Epoch(row.key().number()),
                    new Endpoint(row.key().last()),
                    key);
        }

        private String name(SortedRows.Row row) {
            return room.roomId() + " epoch " + row.key().number();
        }

        @Override
        public void close() {
            written.close();
        }
    }
}
