package io.unibus.store.jetstream;

/** What must be true of the bucket for a write to be taken. */
sealed interface Expectation {
    Expectation NOTHING = new Nothing();
    Expectation ABSENT = new KeyAt(0);

    record Nothing() implements Expectation {}

    /** The key's last write, also one that removed it, has this revision; 0: it was never written. */
    record KeyAt(long revision) implements Expectation {}

    /** The last write to the whole bucket has this revision. */
    record BucketAt(long revision) implements Expectation {}
}
