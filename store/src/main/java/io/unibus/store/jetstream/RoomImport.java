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

/**
 * One room of an import, in steps, each of which writes to one bucket: keys, index, members, reservation, record. The record
 * is the last, when all else is certain to be there, so that no reader ever sees half of a room. That of a room
 * which was there carries what changes of its members, as that of a change by a node does; to settle it is left to the
 * nodes. Used by one thread.
 */
final class RoomImport {
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
    private final Room room;
    private final Optional<RoomRecord> existing;
    /** Of a room that was not there. */
    private final List<Member> members = new ArrayList<>();

    private Delta delta = Delta.of(List.of(), List.of(), Map.of());

    /**
     * What the rooms of one import have in common.
     *
     * @param advance told of each record of the source that was read
     */
    record Into(KvCut before, ImportIds ids, ImportWrites writes, Runnable advance) {}

    /** @param exists whether the room was there before the import */
    RoomImport(Into into, Room room, boolean exists) {
        this.before = into.before();
        this.rows = before.rows();
        this.ids = into.ids();
        this.writes = into.writes();
        this.advance = into.advance();
        this.room = room;
        this.existing = exists ? rows.find(CutRows.room(room.roomId())).flatMap(KvCut::room) : Optional.empty();
    }

    /** The sealed keys, and beside those of an epoch that is over its rekey. What was under the same rekeys and is wrong goes. */
    void writeKeys(PeekedCursor keys) {
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

    /** The rekey that an epoch has, or shall have. */
    private String rekey(Epoch epoch) {
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

    private void putRekey(Epoch epoch, String rekey) {
        if (epoch.compareTo(room.epoch()) < 0) {
            writes.put(
                    Bucket.ROOM_KEYS,
                    Keys.pastEpoch(room.roomId(), epoch),
                    CutRows.pastEpoch(room.roomId(), epoch),
                    RoomKeys.pastEpoch(rekey));
        }
    }

    private void deleteKey(SortedRows.Key place) {
        Epoch epoch = new Epoch(place.number());
        String key = Keys.sealedKey(room.roomId(), epoch, place.middle(), new Endpoint(place.last()));
        writes.delete(Bucket.ROOM_KEYS, key, place);
    }

    /** Takes note of the members, whose writes come later. */
    void readMembers(PeekedCursor cursor) {
        if (existing.isPresent()) {
            delta = changeMembers(existing.get(), cursor);
            return;
        }
        while (cursor.peek().orElse(null) instanceof SnapshotRecord.OfMember record
                && record.room().equals(room.roomId())) {
            members.add(record.member());
            cursor.skip();
            advance.run();
        }
    }

    /** That each member is in the room, for the index; where the room was there, the nodes see to that. */
    void writeIndex() {
        members.forEach(member -> putIndex(member.endpoint()));
    }

    private void putIndex(Endpoint endpoint) {
        Optional<SortedRows.Row> listed = rows.find(CutRows.index(endpoint, room.roomId()));
        if (!ImportWrites.isThere(listed)) {
            writes.put(
                    Bucket.ROOMS_BY_MEMBER,
                    Keys.roomByMember(endpoint, room.roomId()),
                    listed,
                    Settling.indexEntry(BEFORE_FIRST_VERSION));
        }
    }

    /** The members. Of a room that is not there yet, what another import left of it and is wrong by now goes. */
    void writeMembers() {
        if (existing.isPresent()) {
            return;
        }
        Set<Endpoint> left = writtenMembers();
        for (Member member : members) {
            putMember(member);
            left.remove(member.endpoint());
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
        writes.put(
                Bucket.MEMBERS,
                Keys.member(room.roomId(), endpoint),
                CutRows.member(room.roomId(), endpoint),
                new MemberRecord(BEFORE_FIRST_VERSION, Optional.of(member)).toJson());
    }

    private void deleteMember(Endpoint endpoint) {
        writes.delete(
                Bucket.ROOMS_BY_MEMBER,
                Keys.roomByMember(endpoint, room.roomId()),
                CutRows.index(endpoint, room.roomId()));
        writes.delete(Bucket.MEMBERS, Keys.member(room.roomId(), endpoint), CutRows.member(room.roomId(), endpoint));
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

    /** That the subject is this room's, if it is not yet. */
    void writeReservation() {
        if (existing.filter(old -> old.room().subject().equals(room.subject())).isPresent()) {
            return;
        }
        Reservation reservation = new Reservation(room.roomId(), ids.room(room.roomId(), FIRST_VERSION));
        writes.put(Bucket.ROOMS, Keys.subject(room.subject()), CutRows.subject(room.subject()), reservation.toJson());
    }

    /** The record, once all that belongs to the room is there. */
    void writeRecord() {
        if (existing.isEmpty()) {
            putRoom(create());
        } else if (!existing.get().room().equals(room)
                || !existing.get().delta().equals(delta)) {
            putRoom(change(existing.get()));
        }
        advance.run();
    }

    private RoomRecord create() {
        return new RoomRecord(
                room,
                FIRST_VERSION,
                List.of(ids.room(room.roomId(), FIRST_VERSION)),
                rekey(),
                writes.highest(Bucket.MEMBERS),
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
        writes.put(Bucket.ROOMS, Keys.room(record.roomId()), CutRows.room(record.roomId()), value);
    }
}
