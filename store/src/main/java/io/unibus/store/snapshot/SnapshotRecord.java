package io.unibus.store.snapshot;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;

/**
 * One record of a control plane. Records order by section and then by key: an endpoint; a room id; room id and endpoint;
 * room id, epoch and endpoint. The parts compare as their ASCII bytes, the epoch as a number.
 */
public sealed interface SnapshotRecord {
    /** The order of records in a snapshot; those that compare as equal have the same key, not the same content. */
    Comparator<SnapshotRecord> BY_KEY = Comparator.comparing(SnapshotRecord::section)
            .thenComparing(SnapshotRecord::first)
            .thenComparingLong(SnapshotRecord::epoch)
            .thenComparing(SnapshotRecord::last);

    Section section();

    /** The key for people: what and which. */
    String name();

    /** The first part of the key. */
    String first();

    /** The epoch in the key, zero where there is none. */
    default long epoch() {
        return 0;
    }

    /** The last part of the key, empty where there is only one. */
    default String last() {
        return "";
    }

    void writeFields(JsonWriter json);

    record OfUser(User user) implements SnapshotRecord {
        public OfUser {
            requireMilliseconds(user.createdAt());
            requireMilliseconds(user.updatedAt());
        }

        @Override
        public Section section() {
            return Section.USERS;
        }

        @Override
        public String name() {
            return "user " + user.endpoint();
        }

        @Override
        public String first() {
            return user.endpoint().nkey();
        }

        @Override
        public void writeFields(JsonWriter json) {
            user.writeFields(json);
        }
    }

    record OfRoom(Room room) implements SnapshotRecord {
        public OfRoom {
            requireMilliseconds(room.createdAt());
            requireMilliseconds(room.updatedAt());
        }

        @Override
        public Section section() {
            return Section.ROOMS;
        }

        @Override
        public String name() {
            return "room " + room.roomId();
        }

        @Override
        public String first() {
            return room.roomId().value();
        }

        @Override
        public void writeFields(JsonWriter json) {
            room.writeFields(json);
        }
    }

    record OfMember(RoomId room, Member member) implements SnapshotRecord {
        public OfMember {
            requireMilliseconds(member.joinedAt());
        }

        static OfMember fromJson(JsonObject json) {
            OfMember record = new OfMember(
                    new RoomId(json.requiredString("room_id")),
                    new Member(
                            Endpoint.parse(json.requiredString("endpoint")),
                            MemberRole.parse(json.requiredString("role")),
                            json.requiredInstant("joined_at")));
            json.refuseUnknownFields();
            return record;
        }

        @Override
        public Section section() {
            return Section.MEMBERS;
        }

        @Override
        public String name() {
            return "member " + member.endpoint() + " of room " + room;
        }

        @Override
        public String first() {
            return room.value();
        }

        @Override
        public String last() {
            return member.endpoint().nkey();
        }

        @Override
        public void writeFields(JsonWriter json) {
            json.field("room_id", room.value());
            member.writeFields(json);
        }
    }

    record OfKey(RoomKey key) implements SnapshotRecord {
        @Override
        public Section section() {
            return Section.SEALED_KEYS;
        }

        @Override
        public String name() {
            return "sealed key of room " + key.roomId() + ", epoch " + key.epoch() + ", for " + key.endpoint();
        }

        @Override
        public String first() {
            return key.roomId().value();
        }

        @Override
        public long epoch() {
            return key.epoch().number();
        }

        @Override
        public String last() {
            return key.endpoint().nkey();
        }

        @Override
        public void writeFields(JsonWriter json) {
            key.writeFields(json);
        }
    }

    /** The canonical line without its end, as UTF-8. */
    default byte[] line() {
        return JsonWriter.object(json -> json.object(section().singular(), this::writeFields));
    }

    /** @throws MalformedException when the line is not one that {@link #line} writes */
    static SnapshotRecord ofLine(Section section, byte[] line) {
        JsonObject json = JsonObject.parse(line);
        SnapshotRecord record = section.fromJson(json.object(section.singular())
                .orElseThrow(() -> new MalformedException("snapshot", "the line holds nothing")));
        json.refuseUnknownFields();
        if (!Arrays.equals(record.line(), line)) {
            throw new MalformedException("snapshot", "the line is not in the canonical form of its record");
        }
        return record;
    }

    /** What is finer would be equal in one store and different in another. */
    private static void requireMilliseconds(Instant time) {
        if (!time.equals(time.truncatedTo(ChronoUnit.MILLIS))) {
            throw new MalformedException("snapshot", "the time " + time + " is finer than a millisecond");
        }
    }
}
