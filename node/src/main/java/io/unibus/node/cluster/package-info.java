/** The replicated store as this node runs it: brought up, watched over, and told of. */
@NullMarked
package io.unibus.node.cluster;

import org.jspecify.annotations.NullMarked;
