/**
 * Snapshots of a whole control plane, independent of the store that holds it: equal control planes give equal bytes. This
 * package knows the records, their order and their file; the stores are its sources and targets.
 */
@NullMarked
package io.unibus.store.snapshot;

import org.jspecify.annotations.NullMarked;
