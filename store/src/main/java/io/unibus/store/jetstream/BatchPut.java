package io.unibus.store.jetstream;

/** One put of an atomic batch. */
@SuppressWarnings("ArrayRecordComponent")
record BatchPut(String key, byte[] value, Expectation expectation) {}
