package io.unibus.store.snapshot;

/** A store that a whole control plane can be written into. */
public interface SnapshotTarget {
    /**
     * Writes the records that are missing, as they are: epochs, times and every sealed key. Records that differ or that
     * {@code source} does not have are reported, and then nothing is written; nothing is ever replaced or deleted.
     *
     * @return what was missing, and is there now unless something is in conflict
     */
    Comparison importFrom(SnapshotSource source, Progress progress);
}
