/**
 * The control plane's records: the rules by which rooms and users change, and the {@link io.unibus.store.Store} that
 * keeps them. The rules are pure functions of a {@link io.unibus.store.RoomState}; a store only has to commit what they
 * decide, by compare-and-set on the revision they decided on.
 */
@NullMarked
package io.unibus.store;

import org.jspecify.annotations.NullMarked;
