/**
 * Brings the replicated store up on a cold cluster and keeps watch over it: opens the buckets within one limit, raises
 * their replicas, says what is degraded, and decides when the node's own server is better ended or started again.
 */
@NullMarked
package io.unibus.bootstrap;

import org.jspecify.annotations.NullMarked;
