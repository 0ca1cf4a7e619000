package io.unibus.store.snapshot;

import io.unibus.protocol.Room;
import io.unibus.store.snapshot.SnapshotRecord.OfMember;
import io.unibus.store.snapshot.SnapshotRecord.OfRoom;
import java.util.Optional;

/**
 * Whether records make a control plane: every member and key has its room, every room's owner is one of its owners, and
 * the members of an encrypted room have a key of its epoch. Constant memory: the three sections are read side by side,
 * room by room. That no two rooms have one subject is for the target to find.
 */
public final class Integrity {
    private final PeekedCursor rooms;
    private final PeekedCursor members;
    private final PeekedCursor keys;

    private Integrity(PeekedCursor rooms, PeekedCursor members, PeekedCursor keys) {
        this.rooms = rooms;
        this.members = members;
        this.keys = keys;
    }

    /** @throws SnapshotException naming the first record that does not fit */
    public static void require(SnapshotSource source) {
        try (PeekedCursor rooms = new PeekedCursor(source.from(Section.ROOMS));
                PeekedCursor members = new PeekedCursor(source.from(Section.MEMBERS));
                PeekedCursor keys = new PeekedCursor(source.from(Section.SEALED_KEYS))) {
            new Integrity(rooms, members, keys).check();
        }
    }

    private void check() {
        for (Optional<SnapshotRecord> record = rooms.peek();
                record.isPresent() && record.get() instanceof OfRoom room;
                record = rooms.peek()) {
            rooms.skip();
            checkRoom(room.room());
        }
        members.peek().filter(OfMember.class::isInstance).ifPresent(Integrity::failWithoutRoom);
        keys.peek().ifPresent(Integrity::failWithoutRoom);
    }

    private void checkRoom(Room room) {
        boolean ownerIsThere = false;
        skipKeysOfPastEpochs(room);
        for (Optional<SnapshotRecord> record = members.peek();
                record.isPresent() && record.get() instanceof OfMember member && belongs(member, room);
                record = members.peek()) {
            members.skip();
            ownerIsThere |=
                    member.member().isOwner() && member.member().endpoint().equals(room.owner());
            if (room.policy().encrypted()) {
                requireKey(room, member);
            }
        }
        if (!ownerIsThere) {
            throw new SnapshotException("room " + room.roomId() + " names " + room.owner()
                    + " as its owner, who is not among its members who are owners");
        }
        finishKeys(room);
    }

    private void skipKeysOfPastEpochs(Room room) {
        for (Optional<SnapshotRecord> record = keys.peek();
                record.isPresent()
                        && belongs(record.get(), room)
                        && record.get().epoch() < room.epoch().number();
                record = keys.peek()) {
            keys.skip();
        }
    }

    /** Keys of those who have left lie between the members' own. */
    private void requireKey(Room room, OfMember member) {
        Optional<SnapshotRecord> record = keys.peek();
        while (record.isPresent()
                && belongs(record.get(), room)
                && record.get().last().compareTo(member.last()) < 0) {
            keys.skip();
            record = keys.peek();
        }
        if (record.isEmpty()
                || !belongs(record.get(), room)
                || !record.get().last().equals(member.last())) {
            throw new SnapshotException(member.name() + " has no sealed key of the room's epoch " + room.epoch());
        }
    }

    private void finishKeys(Room room) {
        for (Optional<SnapshotRecord> record = keys.peek();
                record.isPresent() && belongs(record.get(), room);
                record = keys.peek()) {
            if (!room.policy().encrypted()) {
                throw new SnapshotException("there is a " + record.get().name() + ", which is not encrypted");
            }
            if (record.get().epoch() > room.epoch().number()) {
                throw new SnapshotException(
                        "there is a " + record.get().name() + ", which is at epoch " + room.epoch());
            }
            keys.skip();
        }
    }

    /** Whether a record is of that room; one of a room before it belongs to none. */
    private static boolean belongs(SnapshotRecord record, Room room) {
        int order = record.first().compareTo(room.roomId().value());
        if (order < 0) {
            failWithoutRoom(record);
        }
        return order == 0;
    }

    private static void failWithoutRoom(SnapshotRecord record) {
        throw new SnapshotException("there is a " + record.name() + ", and no such room");
    }
}
