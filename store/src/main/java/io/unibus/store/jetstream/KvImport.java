package io.unibus.store.jetstream;

import io.unibus.protocol.Room;
import io.unibus.protocol.User;
import io.unibus.store.snapshot.Pairs;
import io.unibus.store.snapshot.PeekedCursor;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotException;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One import: makes the buckets hold what a source does, given what they held before, which must not be more users or
 * rooms. Users first, then the rooms, some at a time. What it writes has the same names in every import of one origin, so
 * that one that ended early is completed by another. Used once, by one thread.
 */
final class KvImport {
    private final KvCut before;
    private final ImportIds ids;
    private final Progress progress;
    private final ImportWrites writes;
    private final Chunk limit;
    private final List<RoomImport> chunk = new ArrayList<>();
    private long done;
    private long doneBefore;
    private long total;

    /**
     * What is written together, bucket by bucket, since writes to several buckets in turn cost the servers half as much again.
     * No more rooms are added after so many of them, or so many records, which are few enough that no node ever takes what
     * waits for its room's record for abandoned.
     */
    record Chunk(int rooms, int records) {
        static final Chunk DEFAULT = new Chunk(1_024, 40_000);
    }

    KvImport(Writes writes, Reads reads, KvCut before, ImportIds ids, Chunk limit, Progress progress) {
        this.before = before;
        this.ids = ids;
        this.limit = limit;
        this.progress = progress;
        this.writes = new ImportWrites(writes, reads, before.rows());
    }

    /** @throws SnapshotException when a room of the source has more members than a record holds; nothing is written then */
    void run(SnapshotSource source) {
        requireWritable(source);
        total = source.count();
        RoomImport.Into into = new RoomImport.Into(before, ids, writes, this::advance);
        boolean finished = false;
        try (PeekedCursor users = new PeekedCursor(source.all());
                PeekedCursor oldUsers = new PeekedCursor(before.all());
                PeekedCursor rooms = new PeekedCursor(source.from(Section.ROOMS));
                PeekedCursor oldRooms = new PeekedCursor(before.from(Section.ROOMS));
                PeekedCursor members = new PeekedCursor(source.from(Section.MEMBERS));
                PeekedCursor keys = new PeekedCursor(source.from(Section.SEALED_KEYS))) {
            writeUsers(users, oldUsers);
            doneBefore = done;
            Pairs.forEach(rooms, oldRooms, SnapshotRecord.OfRoom.class::isInstance, (room, old) -> {
                RoomImport next = new RoomImport(into, room(room.orElseThrow()), old.isPresent());
                next.writeKeys(keys);
                next.readMembers(members);
                chunk.add(next);
                if (chunk.size() == limit.rooms() || done - doneBefore >= limit.records()) {
                    finishChunk();
                }
            });
            finishChunk();
            writes.awaitCertain();
            finished = true;
        } finally {
            if (!finished) {
                writes.awaitAnswers();
            }
        }
    }

    private static void requireWritable(SnapshotSource source) {
        try (PeekedCursor records = new PeekedCursor(source.from(Section.MEMBERS))) {
            String room = "";
            int members = 0;
            while (records.peek().orElse(null) instanceof SnapshotRecord.OfMember record) {
                members = record.first().equals(room) ? members + 1 : 1;
                room = record.first();
                if (members > RoomRecord.MOST_MEMBERS) {
                    throw new SnapshotException("room " + room + " has more than " + RoomRecord.MOST_MEMBERS
                            + " members, the most that a cluster can keep in one room. Nothing was written. To do: remove"
                            + " members from it where it is, then try again");
                }
                records.skip();
            }
        }
    }

    private void finishChunk() {
        writes.awaitCertain();
        chunk.forEach(RoomImport::writeRecord);
        writes.awaitCertain();
        chunk.forEach(RoomImport::writeMembers);
        chunk.forEach(RoomImport::writeRoomsByMember);
        chunk.clear();
        doneBefore = done;
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
        writes.put(Bucket.USERS, Keys.user(user.endpoint()), CutRows.user(user.endpoint()), record.toJson());
    }

    private void advance() {
        progress.at(Progress.Step.WRITE, ++done, total);
    }
}
