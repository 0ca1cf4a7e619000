package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomKey;
import io.unibus.store.RoomState;
import io.unibus.store.snapshot.PeekedCursor;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.sqlite.SortedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One room of an import, in steps, each of which writes to one bucket: keys, record, and the projections of the members. The
 * record comes when the keys are certain to be there, so that no reader ever sees half of a room. A room that was there
 * and is as an import of this origin left it is replaced; any other is left alone. Used by one thread.
 */
final class RoomImport {
    private static final long FIRST_VERSION = 1;

    private final CutRows rows;
    private final ImportIds ids;
    private final ImportWrites writes;
    private final Runnable advance;
    private final Room room;
    private final Optional<RoomRecord> existing;
    /** The room is there, and nothing that another wrote is replaced. */
    private final boolean isLeftAlone;

    private final List<Member> members = new ArrayList<>();

    /**
     * What the rooms of one import have in common.
     *
     * @param advance told of each record of the source that was read
     */
    record Into(KvCut before, ImportIds ids, ImportWrites writes, Runnable advance) {}

    /** @param exists whether the room was there before the import */
    RoomImport(Into into, Room room, boolean exists) {
        this.rows = into.before().rows();
        this.ids = into.ids();
        this.writes = into.writes();
        this.advance = into.advance();
        this.room = room;
        this.existing = exists ? rows.find(CutRows.room(room.roomId())).map(KvCut::room) : Optional.empty();
        this.isLeftAlone = existing.filter(record -> !ids.made(record)).isPresent();
    }

    /** Writes the sealed keys, and where those of an epoch are that is over. What was in the same sets and is wrong goes. */
    void writeKeys(PeekedCursor keys) {
        try (WrittenKeys written = new WrittenKeys(rows, room.roomId(), this::keySet, this::deleteKey)) {
            long epoch = 0;
            String set = "";
            while (keys.peek().orElse(null) instanceof SnapshotRecord.OfKey record
                    && record.key().roomId().equals(room.roomId())) {
                RoomKey key = record.key();
                if (!isLeftAlone) {
                    if (key.epoch().number() != epoch) {
                        epoch = key.epoch().number();
                        set = keySet(key.epoch());
                        putPastEpoch(key.epoch(), set);
                    }
                    written.deleteBefore(key);
                    writes.put(
                            Bucket.ROOM_KEYS,
                            Keys.sealedKey(key.roomId(), key.epoch(), set, key.endpoint()),
                            written.take(key, set),
                            RoomKeys.toJson(key.sealedKey()));
                }
                keys.skip();
                advance.run();
            }
            if (!isLeftAlone) {
                written.deleteAll();
            }
        }
    }

    /** Returns the key set that an epoch has, or shall have. */
    private String keySet(Epoch epoch) {
        String imported = ids.keySet(room.roomId(), epoch);
        if (existing.isEmpty()) {
            return imported;
        }
        int order = epoch.compareTo(existing.get().epoch());
        if (order == 0) {
            return existing.get().keySets().map(KeySets::name).orElse(imported);
        }
        return rows.find(CutRows.pastEpoch(room.roomId(), epoch))
                .filter(row -> order < 0 && !row.deleted())
                .map(row -> CutRows.decoded(Bucket.ROOM_KEYS, row, () -> PastEpoch.fromJson(row.value()))
                        .keySets()
                        .name())
                .orElse(imported);
    }

    private void putPastEpoch(Epoch epoch, String set) {
        if (epoch.compareTo(room.epoch()) < 0) {
            writes.put(
                    Bucket.ROOM_KEYS,
                    Keys.pastEpoch(room.roomId(), epoch),
                    CutRows.pastEpoch(room.roomId(), epoch),
                    new PastEpoch(KeySets.of(set), 0).toJson());
        }
    }

    private void deleteKey(SortedRows.Key place) {
        Epoch epoch = new Epoch(place.number());
        String key = Keys.sealedKey(room.roomId(), epoch, place.middle(), new Endpoint(place.last()));
        writes.delete(Bucket.ROOM_KEYS, key, place);
    }

    /** Takes note of the members, whose writes come later. */
    void readMembers(PeekedCursor cursor) {
        while (cursor.peek().orElse(null) instanceof SnapshotRecord.OfMember record
                && record.room().equals(room.roomId())) {
            members.add(record.member());
            cursor.skip();
            advance.run();
        }
    }

    /** Writes the record, of a new room together with the reservation of its subject, once its keys are there. */
    void writeRecord() {
        if (existing.isEmpty()) {
            requireFreeSubject();
            RoomRecord record = new RoomRecord(
                    RoomState.of(room, 0, members),
                    FIRST_VERSION,
                    List.of(ids.room(room.roomId(), FIRST_VERSION)),
                    keySets());
            writes.putAll(
                    Bucket.ROOMS,
                    List.of(
                            new ImportWrites.Place(
                                    Keys.subject(room.subject()),
                                    rows.find(CutRows.subject(room.subject())),
                                    new Reservation(room.roomId()).toJson()),
                            place(record)));
        } else if (!isLeftAlone && isChanged(existing.get())) {
            RoomRecord old = existing.get();
            String change = ids.room(room.roomId(), old.version() + 1);
            writes.putAll(Bucket.ROOMS, List.of(place(old.replaced(room, members, change, keySets()))));
        }
        advance.run();
    }

    private void requireFreeSubject() {
        rows.find(CutRows.subject(room.subject()))
                .filter(row -> !row.deleted())
                .map(row -> CutRows.decoded(Bucket.ROOMS, row, () -> Reservation.fromJson(row.value())))
                .filter(holder -> !holder.room().equals(room.roomId()))
                .ifPresent(holder -> {
                    throw new SnapshotException("rooms " + holder.room() + " and " + room.roomId()
                            + " have the same subject " + room.subject() + ", of which the cluster holds the first");
                });
    }

    private boolean isChanged(RoomRecord old) {
        return !old.state().equals(RoomState.of(room, old.revision(), members));
    }

    private Optional<KeySets> keySets() {
        return room.policy().encrypted() ? Optional.of(KeySets.of(keySet(room.epoch()))) : Optional.empty();
    }

    private ImportWrites.Place place(RoomRecord record) {
        return new ImportWrites.Place(
                Keys.room(room.roomId()), rows.find(CutRows.room(room.roomId())), record.toVerifiedJson());
    }

    /** Writes the members; where the room was there, the nodes see to that. */
    void writeMembers() {
        if (existing.isEmpty()) {
            members.forEach(member -> writes.put(
                    Bucket.MEMBERS,
                    Keys.member(room.roomId(), member.endpoint()),
                    CutRows.member(room.roomId(), member.endpoint()),
                    MembershipRecord.toJson(member)));
        }
    }

    /** Writes that each member is in the room; where the room was there, the nodes see to that. */
    void writeRoomsByMember() {
        if (existing.isEmpty()) {
            members.forEach(member -> writes.put(
                    Bucket.ROOMS_BY_MEMBER,
                    Keys.roomByMember(member.endpoint(), room.roomId()),
                    CutRows.index(member.endpoint(), room.roomId()),
                    MembershipRecord.toJson(member)));
        }
    }
}
