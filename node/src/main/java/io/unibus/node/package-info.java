/** The node from boot to shutdown: {@link io.unibus.node.Node} and the parts it is made of. */
@NullMarked
package io.unibus.node;

import org.jspecify.annotations.NullMarked;
