package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomKey;
import io.unibus.store.snapshot.SnapshotCursor;
import io.unibus.store.snapshot.SnapshotRecord;
import io.unibus.store.sqlite.SortedRows;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;

/** The sealed keys that one room's epochs point at. Holds those of one epoch in memory. */
final class SealedKeysCursor implements SnapshotCursor {
    private final RoomRecord room;
    private final SortedRows.Cursor rows;
    private final Queue<RoomKey> ofEpoch = new ArrayDeque<>();
    private Optional<SortedRows.Row> next;

    SealedKeysCursor(CutRows rows, RoomRecord room) {
        this.room = room;
        this.rows = rows.of(CutRows.Kind.SEALED_KEY, room.roomId());
        this.next = this.rows.next();
    }

    @Override
    public Optional<SnapshotRecord> next() {
        while (ofEpoch.isEmpty() && next.isPresent()) {
            readEpoch(new Epoch(next.get().key().number()));
        }
        return Optional.ofNullable(ofEpoch.poll()).map(SnapshotRecord.OfKey::new);
    }

    /** Rows are ordered by the names of their sets within an epoch, where the one that names the sets comes first. */
    private void readEpoch(Epoch epoch) {
        int future = epoch.compareTo(room.epoch());
        Optional<KeySets> sets = future == 0 ? room.keySets() : Optional.empty();
        SortedMap<Endpoint, RoomKey> keys = new TreeMap<>();
        while (next.filter(row -> row.key().number() == epoch.number()).isPresent()) {
            SortedRows.Row row = next.get();
            if (row.key().middle().isEmpty()) {
                sets = future < 0
                        ? Optional.of(CutRows.decoded(Bucket.ROOM_KEYS, row, () -> PastEpoch.fromJson(row.value()))
                                .keySets())
                        : sets;
            } else {
                Endpoint endpoint = new Endpoint(row.key().last());
                if (sets.filter(those ->
                                those.nameFor(endpoint).equals(row.key().middle()))
                        .isPresent()) {
                    keys.put(endpoint, key(row, epoch, endpoint));
                }
            }
            next = rows.next();
        }
        ofEpoch.addAll(keys.values());
    }

    private RoomKey key(SortedRows.Row row, Epoch epoch, Endpoint endpoint) {
        String name = room.roomId() + " epoch " + epoch;
        return new RoomKey(room.roomId(), epoch, endpoint, RoomKeys.fromJson(name, row.value()));
    }

    @Override
    public void close() {
        rows.close();
    }
}
