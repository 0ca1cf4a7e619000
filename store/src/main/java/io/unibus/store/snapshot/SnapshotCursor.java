package io.unibus.store.snapshot;

import java.util.Optional;

/** Reads records one after the other, with constant memory. One thread; whoever opened it closes it. */
public interface SnapshotCursor extends AutoCloseable {
    /** The next record, or empty at the end. */
    Optional<SnapshotRecord> next();

    @Override
    void close();
}
