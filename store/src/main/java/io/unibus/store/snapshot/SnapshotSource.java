package io.unibus.store.snapshot;

/**
 * A control plane at one moment: the same records however often they are read, whatever happens to the store meanwhile.
 * One thread; whoever opened it closes it, after its cursors.
 */
public interface SnapshotSource extends AutoCloseable {
    /** About how many records there are, for those who wait. */
    long count();

    /** The records of {@code first} and of the sections after it, in the order of {@link SnapshotRecord#BY_KEY}. */
    SnapshotCursor from(Section first);

    /** All records. */
    default SnapshotCursor all() {
        return from(Section.USERS);
    }

    @Override
    void close();
}
