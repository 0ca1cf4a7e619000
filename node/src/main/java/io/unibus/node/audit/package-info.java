/** The audit log: who asked for which change, and which changes the store holds. */
@NullMarked
package io.unibus.node.audit;

import org.jspecify.annotations.NullMarked;
