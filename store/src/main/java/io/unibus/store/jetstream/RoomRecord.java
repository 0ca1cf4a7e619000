package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.store.NewRoom;
import io.unibus.store.RoomChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The record of a room: its compare-and-set is what commits a change. Immutable.
 *
 * @param version the number of changes, the creation included
 * @param recent the changes that led here, the last one last; only the last {@value #REMEMBERED}
 * @param rekey names the set of sealed keys of the current epoch; empty in a room without encryption
 * @param membersSeq what a reader must have seen of the members bucket: all changes before the last one, settled
 * @param delta what the last change did to the members
 */
record RoomRecord(Room room, long version, List<String> recent, Optional<String> rekey, long membersSeq, Delta delta)
        implements RoomValue {
    static final int REMEMBERED = 8;

    RoomRecord {
        recent = List.copyOf(recent);
    }

    /** @param change identifies the creation */
    static RoomRecord created(NewRoom created, String change, String rekey) {
        Room room = Times.kept(created.room());
        return new RoomRecord(
                room,
                1,
                List.of(change),
                room.policy().encrypted() ? Optional.of(rekey) : Optional.empty(),
                0,
                Delta.of(Set.of(created.owner()), Set.of(), created.keys()));
    }

    /**
     * The record after a change that was decided on this one.
     *
     * @param rekey names the sealed keys of the change if it is a rekey
     * @param settledSeq where the members bucket has all of {@link #delta}
     */
    RoomRecord after(RoomChange change, String changeId, String rekey, long settledSeq) {
        return new RoomRecord(
                Times.kept(change.room()),
                version + 1,
                recentAnd(changeId),
                change.isRekey() ? Optional.of(rekey) : this.rekey,
                Math.max(membersSeq, settledSeq),
                Delta.of(change.joining(), change.leaving(), change.isRekey() ? Map.of() : change.keys()));
    }

    /**
     * The record after an import, which found this one.
     *
     * @param importedDelta also covers what {@link #delta} does, so that it makes no difference how much of that is settled
     */
    RoomRecord replaced(Room imported, String change, Optional<String> importedRekey, Delta importedDelta) {
        return new RoomRecord(imported, version + 1, recentAnd(change), importedRekey, membersSeq, importedDelta);
    }

    private List<String> recentAnd(String change) {
        List<String> changes = new ArrayList<>(recent);
        changes.add(change);
        return changes.subList(Math.max(0, changes.size() - REMEMBERED), changes.size());
    }

    RoomId roomId() {
        return room.roomId();
    }

    boolean isOf(String change) {
        return recent.contains(change);
    }

    String sealedKey(Endpoint endpoint) {
        return Keys.sealedKey(roomId(), room.epoch(), rekey.orElseThrow(), endpoint);
    }

    static RoomRecord fromJson(JsonObject json) {
        RoomRecord record = new RoomRecord(
                Room.fromJson(
                        json.object("room").orElseThrow(() -> new MalformedException("json", "field room is missing"))),
                json.requiredLong("version"),
                json.strings("recent"),
                json.string("rekey"),
                json.requiredLong("members_seq"),
                Delta.fromJson(json));
        json.refuseUnknownFields();
        return record;
    }

    @Override
    public byte[] toJson() {
        return JsonWriter.object(json -> {
            json.object("room", room::writeFields);
            json.field("version", version);
            json.strings("recent", recent);
            rekey.ifPresent(id -> json.field("rekey", id));
            json.field("members_seq", membersSeq);
            delta.writeFields(json);
        });
    }
}
