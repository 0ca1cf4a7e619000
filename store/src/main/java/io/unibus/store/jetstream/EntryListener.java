package io.unibus.store.jetstream;

/** Follows a bucket: hears of its entries in the order of their revisions, one at a time. */
interface EntryListener {
    void apply(Entry entry);

    /** The bucket is another one now: forget everything. */
    void clear();

    /** All that was written before the feed began, or was last repaired, has been applied. */
    default void filled() {}
}
