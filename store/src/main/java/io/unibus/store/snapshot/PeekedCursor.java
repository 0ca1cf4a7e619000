package io.unibus.store.snapshot;

import java.util.Optional;

/** A cursor with a look at the next record. One thread; whoever opened it closes it. */
public final class PeekedCursor implements AutoCloseable {
    private final SnapshotCursor cursor;
    private Optional<SnapshotRecord> next;

    /** Takes the cursor over. */
    public PeekedCursor(SnapshotCursor cursor) {
        this.cursor = cursor;
        this.next = cursor.next();
    }

    /** The record that {@link #skip} goes past; empty at the end. */
    public Optional<SnapshotRecord> peek() {
        return next;
    }

    public void skip() {
        next = cursor.next();
    }

    @Override
    public void close() {
        cursor.close();
    }
}
