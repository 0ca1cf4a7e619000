package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import io.unibus.store.snapshot.Pairs;
import io.unibus.store.snapshot.PeekedCursor;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import io.unibus.store.sqlite.SortedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One import: makes the buckets hold what a source does, given what they held before, which must not be more users or
 * rooms. Users first, then room by room what belongs to it, and each room's record once that is acknowledged. The new record
 * of a room that was there carries what changes of its members, as that of a change by a node does; to settle it is left to
 * the nodes. The same import always writes the same bytes, so that one that ended early is completed by another. Used once,
 * by one thread.
 */
final class KvImport {
    private static final long FIRST_VERSION = 1;

    /** Of members whose room is not there yet: no reader must wait for a room that another import may bring. */
    private static final long BEFORE_FIRST_VERSION = 0;

    /** A little under what a server takes in one message. */
    private static final int LARGEST_RECORD = 1_000_000;

    private final KvCut before;
    private final CutRows rows;
    private final ImportIds ids;
    private final Progress progress;
    private final ImportWrites writes;
    private final Queue<RoomParts> complete = new ConcurrentLinkedQueue<>();
    private long done;
    private long total;

    KvImport(Writes writes, Reads reads, KvCut before, ImportIds ids, Progress progress) {
        this.before = before;
        this.rows = before.rows();
        this.ids = ids;
        this.progress = progress;
        this.writes = new ImportWrites(writes, reads, rows);
    }

    void run(SnapshotSource source) {
        total = source.count();
        boolean finished = false;
        try (PeekedCursor users = new PeekedCursor(source.all());
                PeekedCursor oldUsers = new PeekedCursor(before.all());
                PeekedCursor rooms = new PeekedCursor(source.from(Section.ROOMS));
                PeekedCursor oldRooms = new PeekedCursor(before.from(Section.ROOMS));
                PeekedCursor members = new PeekedCursor(source.from(Section.MEMBERS));
                PeekedCursor keys = new PeekedCursor(source.from(Section.SEALED_KEYS))) {
            writeUsers(users, oldUsers);
            Pairs.forEach(rooms, oldRooms, SnapshotRecord.OfRoom.class::isInstance, (room, old) -> {
                writeRoom(room(room.orElseThrow()), old.isPresent(), members, keys);
                advance();
                writeCompleteRooms();
            });
            finished = true;
        } finally {
            if (!finished) {
                writes.awaitAnswers();
            }
        }
        do {
            writes.awaitCertain();
        } while (writeCompleteRooms());
    }

    private static Room room(SnapshotRecord record) {
        return ((SnapshotRecord.OfRoom) record).room();
    }

    /** Whoever is revoked comes last, so that there always is an admin if there was one. */
    private void writeUsers(PeekedCursor users, PeekedCursor old) {
        List<User> revoked = new ArrayList<>();
        Pairs.forEach(users, old, SnapshotRecord.OfUser.class::isInstance, (wanted, found) -> {
            User user = user(wanted.orElseThrow());
            if (found.isPresent() && !wanted.equals(found) && !user.isActive()) {
                revoked.add(user);
            } else if (!wanted.equals(found)) {
                putUser(user);
            }
            advance();
        });
        if (!revoked.isEmpty()) {
            writes.awaitCertain();
            revoked.forEach(this::putUser);
        }
    }

    private static User user(SnapshotRecord record) {
        return ((SnapshotRecord.OfUser) record).user();
    }

    private void putUser(User user) {
        String change = ids.user(user.endpoint());
        UserRecord record = new UserRecord(user, change, user.isActive() ? Optional.empty() : Optional.of(change));
        writes.put(
                ImportWrites.Group.NONE,
                Bucket.USERS,
                Keys.user(user.endpoint()),
                CutRows.user(user.endpoint()),
                record.toJson());
    }

    /** What belongs to one room, and is to be there before the last write of it is begun. */
    private final class RoomParts implements ImportWrites.Group {
        private final RoomId room;
        private final Optional<RoomRecord> existing;
        /** One of them is the reading of the parts. */
        private final AtomicInteger outstanding = new AtomicInteger(1);

        private final AtomicLong membersSeq = new AtomicLong();
        private @Nullable Runnable last;

        RoomParts(RoomId room, Optional<RoomRecord> existing) {
            this.room = room;
            this.existing = existing;
        }

        @Override
        public void begin() {
            outstanding.incrementAndGet();
        }

        @Override
        public void end(Bucket bucket, long revision) {
            if (bucket == Bucket.MEMBERS) {
                membersSeq.accumulateAndGet(revision, Math::max);
            }
            finishOne();
        }

        /** All parts are begun, and after them comes this. */
        void then(Runnable write) {
            last = write;
            finishOne();
        }

        private void finishOne() {
            if (outstanding.decrementAndGet() == 0) {
                complete.add(this);
            }
        }

        /** The rekey that an epoch has, or shall have. */
        String rekey(Epoch epoch) {
            String imported = ids.rekey(room, epoch);
            if (existing.isEmpty()) {
                return imported;
            }
            int order = epoch.compareTo(existing.get().room().epoch());
            if (order == 0) {
                return existing.get().rekey().orElse(imported);
            }
            return rows.find(CutRows.pastEpoch(room, epoch))
                    .filter(row -> order < 0 && !row.deleted())
                    .map(row -> RoomKeys.rekeyOfPastEpoch(Keys.pastEpoch(room, epoch), row.value()))
                    .orElse(imported);
        }
    }

    /** Returns whether there were some. */
    private boolean writeCompleteRooms() {
        boolean some = false;
        for (RoomParts parts = complete.poll(); parts != null; parts = complete.poll()) {
            Runnable last = parts.last;
            if (last != null) {
                last.run();
                some = true;
            }
        }
        return some;
    }

    private void writeRoom(Room room, boolean exists, PeekedCursor members, PeekedCursor keys) {
        RoomParts parts = new RoomParts(
                room.roomId(), exists ? rows.find(CutRows.room(room.roomId())).flatMap(KvCut::room) : Optional.empty());
        if (parts.existing.isEmpty()) {
            reserve(parts, room);
            writeKeys(parts, room, keys);
            writeMembers(parts, members);
            parts.then(() -> putRoom(create(parts, room)));
            return;
        }
        RoomRecord old = parts.existing.get();
        if (!old.room().subject().equals(room.subject())) {
            reserve(parts, room);
        }
        writeKeys(parts, room, keys);
        Delta delta = changeMembers(old, members);
        boolean changed = !old.room().equals(room) || !delta.equals(old.delta());
        parts.then(() -> {
            if (changed) {
                putRoom(change(parts, old, room, delta));
            }
        });
    }

    private void reserve(RoomParts parts, Room room) {
        Reservation reservation = new Reservation(room.roomId(), ids.room(room.roomId(), FIRST_VERSION));
        writes.put(
                parts,
                Bucket.ROOMS,
                Keys.subject(room.subject()),
                CutRows.subject(room.subject()),
                reservation.toJson());
    }

    private RoomRecord create(RoomParts parts, Room room) {
        return new RoomRecord(
                room,
                FIRST_VERSION,
                List.of(ids.room(room.roomId(), FIRST_VERSION)),
                rekey(parts, room),
                parts.membersSeq.get(),
                Delta.of(List.of(), List.of(), Map.of()));
    }

    private RoomRecord change(RoomParts parts, RoomRecord old, Room room, Delta delta) {
        return old.replaced(room, ids.room(room.roomId(), old.version() + 1), rekey(parts, room), delta);
    }

    private static Optional<String> rekey(RoomParts parts, Room room) {
        return room.policy().encrypted() ? Optional.of(parts.rekey(room.epoch())) : Optional.empty();
    }

    private void putRoom(RoomRecord record) {
        byte[] value = record.toJson();
        if (value.length > LARGEST_RECORD) {
            throw new SnapshotException("so many members of room " + record.roomId() + " have come and gone since an"
                    + " unfinished migration wrote it that one change cannot carry them. To do: run this again into a"
                    + " cluster that is empty, with new data directories");
        }
        writes.put(
                ImportWrites.Group.NONE,
                Bucket.ROOMS,
                Keys.room(record.roomId()),
                CutRows.room(record.roomId()),
                value);
    }

    /** The members of a room that is not there yet; what another import left of it and is wrong by now goes. */
    private void writeMembers(RoomParts parts, PeekedCursor members) {
        Set<Endpoint> left = writtenMembers(parts.room);
        while (members.peek().orElse(null) instanceof SnapshotRecord.OfMember member
                && member.room().equals(parts.room)) {
            putMember(parts, member.member());
            left.remove(member.member().endpoint());
            members.skip();
            advance();
        }
        left.forEach(endpoint -> deleteMember(parts, endpoint));
    }

    /** Those who have a record in the bucket, of whatever kind. */
    private Set<Endpoint> writtenMembers(RoomId room) {
        Set<Endpoint> endpoints = new TreeSet<>();
        try (SortedRows.Cursor written = rows.of(CutRows.Kind.MEMBER, room)) {
            for (var row = written.next(); row.isPresent(); row = written.next()) {
                endpoints.add(new Endpoint(row.get().key().last()));
            }
        }
        return endpoints;
    }

    private void putMember(RoomParts parts, Member member) {
        Endpoint endpoint = member.endpoint();
        SortedRows.Key index = CutRows.index(endpoint, parts.room);
        Optional<SortedRows.Row> listed = rows.find(index);
        if (!ImportWrites.isThere(listed)) {
            writes.put(
                    parts,
                    Bucket.ROOMS_BY_MEMBER,
                    Keys.roomByMember(endpoint, parts.room),
                    listed,
                    Settling.indexEntry(BEFORE_FIRST_VERSION));
        }
        writes.put(
                parts,
                Bucket.MEMBERS,
                Keys.member(parts.room, endpoint),
                CutRows.member(parts.room, endpoint),
                new MemberRecord(BEFORE_FIRST_VERSION, Optional.of(member)).toJson());
    }

    private void deleteMember(RoomParts parts, Endpoint endpoint) {
        writes.delete(
                parts,
                Bucket.ROOMS_BY_MEMBER,
                Keys.roomByMember(endpoint, parts.room),
                CutRows.index(endpoint, parts.room));
        writes.delete(parts, Bucket.MEMBERS, Keys.member(parts.room, endpoint), CutRows.member(parts.room, endpoint));
    }

    /**
     * What the next record of a room has to say of its members. It repeats what the one before said, settled or not; the
     * same as that when nothing is new.
     */
    private Delta changeMembers(RoomRecord old, PeekedCursor members) {
        List<Member> joined = new ArrayList<>();
        Set<Endpoint> left = new TreeSet<>(old.delta().endpoints());
        boolean[] changed = {false};
        try (PeekedCursor found = new PeekedCursor(before.membersOf(old))) {
            Pairs.forEach(members, found, record -> isMemberOf(record, old.roomId()), (wanted, is) -> {
                boolean same = wanted.equals(is);
                changed[0] |= !same;
                if (wanted.isEmpty()) {
                    left.add(member(is.orElseThrow()).endpoint());
                    return;
                }
                Member member = member(wanted.get());
                if (!same || old.delta().concerns(member.endpoint())) {
                    joined.add(member);
                }
                advance();
            });
        }
        return changed[0] ? Delta.of(joined, left, Map.of()) : old.delta();
    }

    private static boolean isMemberOf(SnapshotRecord record, RoomId room) {
        return record instanceof SnapshotRecord.OfMember member && member.room().equals(room);
    }

    private static Member member(SnapshotRecord record) {
        return ((SnapshotRecord.OfMember) record).member();
    }

    /** The sealed keys, and beside those of an epoch that is over its rekey. What was under the same rekeys and is wrong goes. */
    private void writeKeys(RoomParts parts, Room room, PeekedCursor keys) {
        try (WrittenKeys written = new WrittenKeys(parts)) {
            long epoch = 0;
            String rekey = "";
            while (keys.peek().orElse(null) instanceof SnapshotRecord.OfKey record
                    && record.key().roomId().equals(parts.room)) {
                RoomKey key = record.key();
                if (key.epoch().number() != epoch) {
                    epoch = key.epoch().number();
                    rekey = parts.rekey(key.epoch());
                    putRekey(parts, room, key.epoch(), rekey);
                }
                written.deleteBefore(key);
                writes.put(
                        parts,
                        Bucket.ROOM_KEYS,
                        Keys.sealedKey(key.roomId(), key.epoch(), rekey, key.endpoint()),
                        written.take(key, rekey),
                        RoomKeys.toJson(key.sealedKey()));
                keys.skip();
                advance();
            }
            written.deleteAll();
        }
    }

    private void putRekey(RoomParts parts, Room room, Epoch epoch, String rekey) {
        if (epoch.compareTo(room.epoch()) < 0) {
            writes.put(
                    parts,
                    Bucket.ROOM_KEYS,
                    Keys.pastEpoch(parts.room, epoch),
                    CutRows.pastEpoch(parts.room, epoch),
                    RoomKeys.pastEpoch(rekey));
        }
    }

    /** The keys in the bucket that are under a rekey which their epoch has, or shall have. */
    private final class WrittenKeys implements AutoCloseable {
        private final RoomParts parts;
        private final SortedRows.Cursor cursor;
        private Optional<SortedRows.Row> next;
        private long epoch;
        private String rekey = "";

        WrittenKeys(RoomParts parts) {
            this.parts = parts;
            this.cursor = rows.of(CutRows.Kind.SEALED_KEY, parts.room);
            this.next = advance();
        }

        private Optional<SortedRows.Row> advance() {
            for (var row = cursor.next(); row.isPresent(); row = cursor.next()) {
                if (row.get().key().number() != epoch) {
                    epoch = row.get().key().number();
                    rekey = parts.rekey(new Epoch(epoch));
                }
                if (row.get().key().middle().equals(rekey)) {
                    return row;
                }
            }
            return Optional.empty();
        }

        private static int order(SortedRows.Row row, RoomKey key) {
            int order = Long.compare(row.key().number(), key.epoch().number());
            return order != 0
                    ? order
                    : row.key().last().compareTo(key.endpoint().nkey());
        }

        void deleteBefore(RoomKey key) {
            while (next.filter(row -> order(row, key) < 0).isPresent()) {
                delete();
            }
        }

        void deleteAll() {
            while (next.isPresent()) {
                delete();
            }
        }

        private void delete() {
            SortedRows.Key place = next.orElseThrow().key();
            String key =
                    Keys.sealedKey(parts.room, new Epoch(place.number()), place.middle(), new Endpoint(place.last()));
            writes.delete(parts, Bucket.ROOM_KEYS, key, place);
            next = advance();
        }

        /** What is in the place of a key, which may be that there was one. */
        Optional<SortedRows.Row> take(RoomKey key, String rekeyOfKey) {
            Optional<SortedRows.Row> row = next.filter(found -> order(found, key) == 0);
            if (row.isEmpty()) {
                return rows.find(CutRows.sealedKey(key.roomId(), key.epoch(), rekeyOfKey, key.endpoint()));
            }
            next = advance();
            return row;
        }

        @Override
        public void close() {
            cursor.close();
        }
    }

    private void advance() {
        progress.at(Progress.Step.WRITE, ++done, total);
    }
}
