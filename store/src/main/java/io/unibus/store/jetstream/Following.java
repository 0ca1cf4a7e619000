package io.unibus.store.jetstream;

/** Feeds of all five buckets and their fences, for one cut. Whoever began it closes it. */
interface Following extends AutoCloseable {
    /** Returns when the listeners were told what there is. @throws io.unibus.store.StoreException when that gets nowhere */
    void awaitWhole();

    /** Returns when the listeners were told everything that a quorum acknowledged before this call. */
    void confirmNow();

    @Override
    void close();
}
