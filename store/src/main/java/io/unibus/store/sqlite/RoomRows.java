package io.unibus.store.sqlite;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import io.unibus.store.NewRoom;
import io.unibus.store.Outcome;
import io.unibus.store.Rejection;
import io.unibus.store.RoomChange;
import io.unibus.store.RoomState;
import io.unibus.store.snapshot.SnapshotRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The SQL of the tables {@code rooms}, {@code members} and {@code sealed_keys}. */
final class RoomRows {
    private static final String ROOM_COLUMNS =
            "SELECT room_id, subject, epoch, encrypted, owner, rekey_required, created_at, updated_at";

    static final String ALL_ROOMS = ROOM_COLUMNS + " FROM rooms ORDER BY room_id";
    static final String ALL_MEMBERS =
            "SELECT endpoint, role, joined_at, room_id FROM members ORDER BY room_id, endpoint";
    static final String ALL_KEYS =
            "SELECT room_id, epoch, endpoint, sealed_key FROM sealed_keys ORDER BY room_id, epoch, endpoint";

    private RoomRows() {}

    /** To be called in a transaction, so that room and members are of one revision. */
    static Optional<RoomState> find(Session session, RoomId id) throws SQLException {
        Optional<Revised> room = session.first(
                ROOM_COLUMNS + ", revision FROM rooms WHERE room_id = ?",
                row -> new Revised(room(row), row.getLong(9)),
                id.value());
        if (room.isEmpty()) {
            return Optional.empty();
        }
        List<Member> members = session.list(
                "SELECT endpoint, role, joined_at FROM members WHERE room_id = ?", RoomRows::member, id.value());
        return Optional.of(RoomState.of(room.get().room(), room.get().revision(), members));
    }

    static Outcome<RoomState> create(Session session, NewRoom created) throws SQLException {
        Room room = created.room();
        if (session.exists(
                "SELECT 1 FROM rooms WHERE room_id = ?", room.roomId().value())) {
            return Outcome.refused(new Rejection.RoomExists(room.roomId()));
        }
        if (session.exists(
                "SELECT 1 FROM rooms WHERE subject = ?", room.subject().value())) {
            return Outcome.refused(new Rejection.SubjectTaken(room.subject()));
        }
        insertRoom(session, room);
        insertMember(session, room.roomId(), created.owner());
        insertKeys(session, room, created.keys());
        return Outcome.done(find(session, room.roomId()).orElseThrow());
    }

    static void insertRoom(Session session, Room room) throws SQLException {
        session.update(
                "INSERT INTO rooms (room_id, subject, epoch, encrypted, owner, rekey_required, created_at, updated_at,"
                        + " revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                room.roomId().value(),
                room.subject().value(),
                room.epoch().number(),
                flag(room.policy().encrypted()),
                room.owner().nkey(),
                flag(room.rekeyRequired()),
                room.createdAt().toEpochMilli(),
                room.updatedAt().toEpochMilli());
    }

    /** Empty, with nothing written, when the room is not at the revision that the change was decided on. */
    static Optional<RoomState> commit(Session session, RoomChange change) throws SQLException {
        Room room = change.room();
        int updated = session.update(
                "UPDATE rooms SET revision = revision + 1, epoch = ?, owner = ?, rekey_required = ?, updated_at = ?"
                        + " WHERE room_id = ? AND revision = ?",
                room.epoch().number(),
                room.owner().nkey(),
                flag(room.rekeyRequired()),
                room.updatedAt().toEpochMilli(),
                room.roomId().value(),
                change.before().revision());
        if (updated == 0) {
            return Optional.empty();
        }
        for (Endpoint endpoint : change.leaving()) {
            session.update(
                    "DELETE FROM members WHERE room_id = ? AND endpoint = ?",
                    room.roomId().value(),
                    endpoint.nkey());
        }
        for (Member member : change.joining()) {
            insertMember(session, room.roomId(), member);
        }
        insertKeys(session, room, change.keys());
        return find(session, room.roomId());
    }

    static Optional<RoomKey> findKey(Session session, RoomId room, Epoch epoch, Endpoint endpoint) throws SQLException {
        return session.first(
                "SELECT sealed_key FROM sealed_keys WHERE room_id = ? AND epoch = ? AND endpoint = ?",
                row -> new RoomKey(room, epoch, endpoint, SealedKey.of(row.getBytes(1))),
                room.value(),
                epoch.number(),
                endpoint.nkey());
    }

    static List<MemberRoom> ofMember(Session session, Endpoint endpoint) throws SQLException {
        return session.list(
                "SELECT room_id, subject, epoch, encrypted, role FROM members JOIN rooms USING (room_id)"
                        + " WHERE endpoint = ? ORDER BY room_id",
                RoomRows::memberRoom,
                endpoint.nkey());
    }

    static void insertMember(Session session, RoomId room, Member member) throws SQLException {
        session.update(
                "INSERT INTO members (room_id, endpoint, role, joined_at) VALUES (?, ?, ?, ?)",
                room.value(),
                member.endpoint().nkey(),
                member.role().toString(),
                member.joinedAt().toEpochMilli());
    }

    private static void insertKeys(Session session, Room room, Map<Endpoint, SealedKey> keys) throws SQLException {
        for (Map.Entry<Endpoint, SealedKey> key : keys.entrySet()) {
            insertKey(session, new RoomKey(room.roomId(), room.epoch(), key.getKey(), key.getValue()));
        }
    }

    static void insertKey(Session session, RoomKey key) throws SQLException {
        session.update(
                "INSERT INTO sealed_keys (room_id, epoch, endpoint, sealed_key) VALUES (?, ?, ?, ?)",
                key.roomId().value(),
                key.epoch().number(),
                key.endpoint().nkey(),
                key.sealedKey().bytes());
    }

    static Room room(ResultSet row) throws SQLException {
        return new Room(
                new RoomId(row.getString(1)),
                new Subject(row.getString(2)),
                new Epoch(row.getLong(3)),
                new RoomPolicy(row.getBoolean(4)),
                new Endpoint(row.getString(5)),
                row.getBoolean(6),
                Instant.ofEpochMilli(row.getLong(7)),
                Instant.ofEpochMilli(row.getLong(8)));
    }

    private static Member member(ResultSet row) throws SQLException {
        return new Member(
                new Endpoint(row.getString(1)),
                MemberRole.parse(row.getString(2)),
                Instant.ofEpochMilli(row.getLong(3)));
    }

    static SnapshotRecord.OfMember memberOfRoom(ResultSet row) throws SQLException {
        return new SnapshotRecord.OfMember(new RoomId(row.getString(4)), member(row));
    }

    static RoomKey key(ResultSet row) throws SQLException {
        return new RoomKey(
                new RoomId(row.getString(1)),
                new Epoch(row.getLong(2)),
                new Endpoint(row.getString(3)),
                SealedKey.of(row.getBytes(4)));
    }

    private static MemberRoom memberRoom(ResultSet row) throws SQLException {
        return new MemberRoom(
                new RoomId(row.getString(1)),
                new Subject(row.getString(2)),
                new Epoch(row.getLong(3)),
                new RoomPolicy(row.getBoolean(4)),
                MemberRole.parse(row.getString(5)));
    }

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    private record Revised(Room room, long revision) {}
}
