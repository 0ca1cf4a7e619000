package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.store.snapshot.Pairs;
import io.unibus.store.snapshot.PeekedCursor;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.sqlite.SortedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One room of an import: what belongs to it first, and its record once that is acknowledged, so that no reader ever sees
 * half of it. The new record of a room that was there carries what changes of its members, as that of a change by a node
 * does; to settle it is left to the nodes. Used by one thread; hears of its writes on any.
 */
final class RoomImport implements ImportWrites.Group {
    private static final long FIRST_VERSION = 1;

    /** Of members whose room is not there yet: no reader must wait for a room that another import may bring. */
    private static final long BEFORE_FIRST_VERSION = 0;

    /** A little under what a server takes in one message. */
    private static final int LARGEST_RECORD = 1_000_000;

    private final KvCut before;
    private final CutRows rows;
    private final ImportIds ids;
    private final ImportWrites writes;
    private final Runnable advance;
    private final Consumer<RoomImport> complete;
    private final Room room;
    private final Optional<RoomRecord> existing;
    /** One of them is the reading of the parts. */
    private final AtomicInteger outstanding = new AtomicInteger(1);

    private final AtomicLong membersSeq = new AtomicLong();
    private Delta delta = Delta.of(List.of(), List.of(), Map.of());

    /**
     * What the rooms of one import have in common.
     *
     * @param advance told of each member and key
     * @param complete told of each room whose record may be written
     */
    record Into(KvCut before, ImportIds ids, ImportWrites writes, Runnable advance, Consumer<RoomImport> complete) {}

    /** @param exists whether the room was there before the import */
    RoomImport(Into into, Room room, boolean exists) {
        this.before = into.before();
        this.rows = before.rows();
        this.ids = into.ids();
        this.writes = into.writes();
        this.advance = into.advance();
        this.complete = into.complete();
        this.room = room;
        this.existing = exists ? rows.find(CutRows.room(room.roomId())).flatMap(KvCut::room) : Optional.empty();
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

    private void finishOne() {
        if (outstanding.decrementAndGet() == 0) {
            complete.accept(this);
        }
    }

    /** Begins to write what belongs to the room, for which the cursors stand at its first member and key. */
    void writeParts(PeekedCursor members, PeekedCursor keys) {
        if (existing.filter(old -> old.room().subject().equals(room.subject())).isEmpty()) {
            reserve();
        }
        writeKeys(keys);
        if (existing.isPresent()) {
            delta = changeMembers(existing.get(), members);
        } else {
            writeMembers(members);
        }
        finishOne();
    }

    /** Begins to write the record, which is the last write. To be called once, when the parts are complete. */
    void writeRecord() {
        if (existing.isEmpty()) {
            putRoom(create());
        } else if (!existing.get().room().equals(room)
                || !existing.get().delta().equals(delta)) {
            putRoom(change(existing.get()));
        }
    }

    /** The rekey that an epoch has, or shall have. */
    String rekey(Epoch epoch) {
        String imported = ids.rekey(room.roomId(), epoch);
        if (existing.isEmpty()) {
            return imported;
        }
        int order = epoch.compareTo(existing.get().room().epoch());
        if (order == 0) {
            return existing.get().rekey().orElse(imported);
        }
        return rows.find(CutRows.pastEpoch(room.roomId(), epoch))
                .filter(row -> order < 0 && !row.deleted())
                .map(row -> RoomKeys.rekeyOfPastEpoch(Keys.pastEpoch(room.roomId(), epoch), row.value()))
                .orElse(imported);
    }

    private void reserve() {
        Reservation reservation = new Reservation(room.roomId(), ids.room(room.roomId(), FIRST_VERSION));
        writes.put(
                this,
                Bucket.ROOMS,
                Keys.subject(room.subject()),
                CutRows.subject(room.subject()),
                reservation.toJson());
    }

    private RoomRecord create() {
        return new RoomRecord(
                room,
                FIRST_VERSION,
                List.of(ids.room(room.roomId(), FIRST_VERSION)),
                rekey(),
                membersSeq.get(),
                Delta.of(List.of(), List.of(), Map.of()));
    }

    private RoomRecord change(RoomRecord old) {
        return old.replaced(room, ids.room(room.roomId(), old.version() + 1), rekey(), delta);
    }

    private Optional<String> rekey() {
        return room.policy().encrypted() ? Optional.of(rekey(room.epoch())) : Optional.empty();
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
    private void writeMembers(PeekedCursor members) {
        Set<Endpoint> left = writtenMembers();
        while (members.peek().orElse(null) instanceof SnapshotRecord.OfMember member
                && member.room().equals(room.roomId())) {
            putMember(member.member());
            left.remove(member.member().endpoint());
            members.skip();
            advance.run();
        }
        left.forEach(this::deleteMember);
    }

    /** Those who have a record in the bucket, of whatever kind. */
    private Set<Endpoint> writtenMembers() {
        Set<Endpoint> endpoints = new TreeSet<>();
        try (SortedRows.Cursor written = rows.of(CutRows.Kind.MEMBER, room.roomId())) {
            for (var row = written.next(); row.isPresent(); row = written.next()) {
                endpoints.add(new Endpoint(row.get().key().last()));
            }
        }
        return endpoints;
    }

    private void putMember(Member member) {
        Endpoint endpoint = member.endpoint();
        SortedRows.Key index = CutRows.index(endpoint, room.roomId());
        Optional<SortedRows.Row> listed = rows.find(index);
        if (!ImportWrites.isThere(listed)) {
            writes.put(
                    this,
                    Bucket.ROOMS_BY_MEMBER,
                    Keys.roomByMember(endpoint, room.roomId()),
                    listed,
                    Settling.indexEntry(BEFORE_FIRST_VERSION));
        }
        writes.put(
                this,
                Bucket.MEMBERS,
                Keys.member(room.roomId(), endpoint),
                CutRows.member(room.roomId(), endpoint),
                new MemberRecord(BEFORE_FIRST_VERSION, Optional.of(member)).toJson());
    }

    private void deleteMember(Endpoint endpoint) {
        writes.delete(
                this,
                Bucket.ROOMS_BY_MEMBER,
                Keys.roomByMember(endpoint, room.roomId()),
                CutRows.index(endpoint, room.roomId()));
        writes.delete(
                this, Bucket.MEMBERS, Keys.member(room.roomId(), endpoint), CutRows.member(room.roomId(), endpoint));
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
                advance.run();
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
    private void writeKeys(PeekedCursor keys) {
        try (WrittenKeys written = new WrittenKeys(rows, room.roomId(), this::rekey, this::deleteKey)) {
            long epoch = 0;
            String rekey = "";
            while (keys.peek().orElse(null) instanceof SnapshotRecord.OfKey record
                    && record.key().roomId().equals(room.roomId())) {
                RoomKey key = record.key();
                if (key.epoch().number() != epoch) {
                    epoch = key.epoch().number();
                    rekey = rekey(key.epoch());
                    putRekey(key.epoch(), rekey);
                }
                written.deleteBefore(key);
                writes.put(
                        this,
                        Bucket.ROOM_KEYS,
                        Keys.sealedKey(key.roomId(), key.epoch(), rekey, key.endpoint()),
                        written.take(key, rekey),
                        RoomKeys.toJson(key.sealedKey()));
                keys.skip();
                advance.run();
            }
            written.deleteAll();
        }
    }

    private void deleteKey(SortedRows.Key place) {
        Epoch epoch = new Epoch(place.number());
        String key = Keys.sealedKey(room.roomId(), epoch, place.middle(), new Endpoint(place.last()));
        writes.delete(this, Bucket.ROOM_KEYS, key, place);
    }

    private void putRekey(Epoch epoch, String rekey) {
        if (epoch.compareTo(room.epoch()) < 0) {
            writes.put(
                    this,
                    Bucket.ROOM_KEYS,
                    Keys.pastEpoch(room.roomId(), epoch),
                    CutRows.pastEpoch(room.roomId(), epoch),
                    RoomKeys.pastEpoch(rekey));
        }
    }
}
