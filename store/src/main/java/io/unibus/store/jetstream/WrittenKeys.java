package io.unibus.store.jetstream;

import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.store.sqlite.SortedRows;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The sealed keys of a room in the bucket that are in a set which their epoch has, or shall have. */
final class WrittenKeys implements AutoCloseable {
    private final CutRows rows;
    private final Function<Epoch, String> keySets;
    private final Consumer<SortedRows.Key> delete;
    private final SortedRows.Cursor cursor;
    private Optional<SortedRows.Row> next;
    private long epoch;
    private String keySet = "";

    /**
     * @param keySets the key set of each epoch
     * @param delete removes a key
     */
    WrittenKeys(CutRows rows, RoomId room, Function<Epoch, String> keySets, Consumer<SortedRows.Key> delete) {
        this.rows = rows;
        this.keySets = keySets;
        this.delete = delete;
        this.cursor = rows.of(CutRows.Kind.SEALED_KEY, room);
        this.next = advance();
    }

    private Optional<SortedRows.Row> advance() {
        for (var row = cursor.next(); row.isPresent(); row = cursor.next()) {
            if (row.get().key().number() != epoch) {
                epoch = row.get().key().number();
                keySet = keySets.apply(new Epoch(epoch));
            }
            if (row.get().key().middle().equals(keySet)) {
                return row;
            }
        }
        return Optional.empty();
    }

    private static int order(SortedRows.Row row, RoomKey key) {
        int order = Long.compare(row.key().number(), key.epoch().number());
        return order != 0 ? order : row.key().last().compareTo(key.endpoint().nkey());
    }

    void deleteBefore(RoomKey key) {
        while (next.filter(row -> order(row, key) < 0).isPresent()) {
            delete();
        }
    }

    void deleteAll() {
        while (next.isPresent()) {
            delete();
        }
    }

    private void delete() {
        delete.accept(next.orElseThrow().key());
        next = advance();
    }

    /** What is in the place of a key, which may be that there was one. */
    Optional<SortedRows.Row> take(RoomKey key, String keySetOfKey) {
        Optional<SortedRows.Row> row = next.filter(found -> order(found, key) == 0);
        if (row.isEmpty()) {
            return rows.find(CutRows.sealedKey(key.roomId(), key.epoch(), keySetOfKey, key.endpoint()));
        }
        next = advance();
        return row;
    }

    @Override
    public void close() {
        cursor.close();
    }
}
