/**
 * The store of a cluster: five replicated JetStream KV buckets. No read says what a quorum has not confirmed: reads are
 * answered from a view in memory that follows the buckets, and only under a fence.
 */
@NullMarked
package io.unibus.store.jetstream;

import org.jspecify.annotations.NullMarked;
