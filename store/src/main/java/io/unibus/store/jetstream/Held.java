package io.unibus.store.jetstream;

/** A value and the revision it stands at in its bucket. */
record Held<T>(T value, long revision) {}
