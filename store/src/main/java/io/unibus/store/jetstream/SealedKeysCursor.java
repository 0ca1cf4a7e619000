package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.SealedKey;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.sqlite.SortedRows;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The sealed keys that one room's epochs point at, and those that its last change brought. */
final class SealedKeysCursor implements SnapshotCursor {
    private final RoomRecord room;
    private final SortedRows.Cursor written;
    private final Queue<RoomKey> joined = new ArrayDeque<>();
    private Optional<RoomKey> next;
    private long epoch;
    private @Nullable String rekey;

    SealedKeysCursor(CutRows rows, RoomRecord room) {
        this.room = room;
        this.written = rows.of(CutRows.Kind.SEALED_KEY, room.roomId());
        room.delta()
                .joined()
                .forEach((endpoint, item) -> item.sealedKey()
                        .ifPresent(key -> joined.add(
                                new RoomKey(room.roomId(), room.room().epoch(), endpoint, key))));
        this.next = nextWritten();
    }

    @Override
    public Optional<SnapshotRecord> next() {
        RoomKey first = joined.peek();
        if (first != null && next.filter(key -> isBefore(key, first)).isEmpty()) {
            joined.remove();
            if (next.filter(key -> !isBefore(first, key)).isPresent()) {
                next = nextWritten(); // the same key, settled
            }
            return Optional.of(new SnapshotRecord.OfKey(first));
        }
        Optional<SnapshotRecord> record = next.map(SnapshotRecord.OfKey::new);
        next = record.isPresent() ? nextWritten() : next;
        return record;
    }

    private static boolean isBefore(RoomKey key, RoomKey other) {
        int order = key.epoch().compareTo(other.epoch());
        return order < 0 || (order == 0 && key.endpoint().compareTo(other.endpoint()) < 0);
    }

    private Optional<RoomKey> nextWritten() {
        for (var row = written.next(); row.isPresent(); row = written.next()) {
            SortedRows.Row found = row.get();
            enter(found);
            if (found.key().middle().equals(rekey)) {
                return Optional.of(CutRows.decoded(Bucket.ROOM_KEYS, found, () -> key(found)));
            }
        }
        return Optional.empty();
    }

    /** Keeps track of which rekey the epoch of a row points at; where it is over, its first row tells. */
    private void enter(SortedRows.Row row) {
        long current = room.room().epoch().number();
        if (row.key().number() != epoch) {
            epoch = row.key().number();
            rekey = epoch == current ? room.rekey().orElse(null) : null;
        }
        if (row.key().middle().isEmpty()) {
            rekey = epoch < current
                    ? CutRows.decoded(Bucket.ROOM_KEYS, row, () -> RoomKeys.rekeyOfPastEpoch(name(row), row.value()))
                    : rekey;
        }
    }

    private RoomKey key(SortedRows.Row row) {
        SealedKey key = RoomKeys.fromJson(name(row), row.value());
        return new RoomKey(
                room.roomId(),
                new Epoch(row.key().number()),
                new Endpoint(row.key().last()),
                key);
    }

    private String name(SortedRows.Row row) {
        return room.roomId() + " epoch " + row.key().number();
    }

    @Override
    public void close() {
        written.close();
    }
}
