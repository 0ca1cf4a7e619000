package io.unibus.store;

/**
 * Is told each change that is in the store, whoever made it; see {@link Store#addChangeListener}. Called in the order of the
 * revisions of a source and by one thread at a time for each source, but by different threads for different ones. Those must
 * not be blocked: it only queues what it is told, and does not call the store.
 */
public interface ChangeListener {
    /** A change is in the store. */
    void changed(StoreChange change);

    /**
     * The changes of a source that follow are those after this revision; if others before it were not told, they are not told
     * any more. This comes before the first change when the position did not say where to begin or was beyond what the store
     * holds, after changes that the store did not keep until they could be told, and when the revisions of a source begin anew.
     */
    default void startsAfter(ChangeSource source, long revision) {}
}
