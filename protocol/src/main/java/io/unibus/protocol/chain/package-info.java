/**
 * The chain of an encrypted room: signed links that say who its members are, and the rules by which one follows another.
 * The same code for nodes and clients; pure functions, no I/O and no clock.
 */
@NullMarked
package io.unibus.protocol.chain;

import org.jspecify.annotations.NullMarked;
