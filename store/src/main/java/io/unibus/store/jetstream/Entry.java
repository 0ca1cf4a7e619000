package io.unibus.store.jetstream;

import java.time.Instant;

/**
 * One write to a bucket as it stands in the stream.
 *
 * @param revision its sequence in the stream
 * @param deleted whether it removed the key; the value is empty then
 * @param time when the server took it
 */
@SuppressWarnings("ArrayRecordComponent")
record Entry(String key, byte[] value, long revision, boolean deleted, Instant time) {}
