package io.unibus.store.jetstream;

import io.unibus.protocol.Room;
import io.unibus.protocol.User;
import io.unibus.store.snapshot.Pairs;
import io.unibus.store.snapshot.PeekedCursor;
import io.unibus.store.snapshot.Progress;
import io.unibus.store.snapshot.Section;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.snapshot.SnapshotSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One import: makes the buckets hold what a source does, given what they held before, which must not be more users or
 * rooms. Users first, then room by room. The same import always writes the same bytes, so that one that ended early is
 * completed by another. Used once, by one thread.
 */
final class KvImport {
    private final KvCut before;
    private final ImportIds ids;
    private final Progress progress;
    private final ImportWrites writes;
    private final Queue<RoomImport> complete = new ConcurrentLinkedQueue<>();
    private long done;
    private long total;

    KvImport(Writes writes, Reads reads, KvCut before, ImportIds ids, Progress progress) {
        this.before = before;
        this.ids = ids;
        this.progress = progress;
        this.writes = new ImportWrites(writes, reads, before.rows());
    }

    void run(SnapshotSource source) {
        total = source.count();
        RoomImport.Into into = new RoomImport.Into(before, ids, writes, this::advance, complete::add);
        boolean finished = false;
        try (PeekedCursor users = new PeekedCursor(source.all());
                PeekedCursor oldUsers = new PeekedCursor(before.all());
                PeekedCursor rooms = new PeekedCursor(source.from(Section.ROOMS));
                PeekedCursor oldRooms = new PeekedCursor(before.from(Section.ROOMS));
                PeekedCursor members = new PeekedCursor(source.from(Section.MEMBERS));
                PeekedCursor keys = new PeekedCursor(source.from(Section.SEALED_KEYS))) {
            writeUsers(users, oldUsers);
            Pairs.forEach(rooms, oldRooms, SnapshotRecord.OfRoom.class::isInstance, (room, old) -> {
                new RoomImport(into, room(room.orElseThrow()), old.isPresent()).writeParts(members, keys);
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

    /** Returns whether there were some. */
    private boolean writeCompleteRooms() {
        boolean some = false;
        for (RoomImport room = complete.poll(); room != null; room = complete.poll()) {
            room.writeRecord();
            some = true;
        }
        return some;
    }

    private void advance() {
        progress.at(Progress.Step.WRITE, ++done, total);
    }
}
