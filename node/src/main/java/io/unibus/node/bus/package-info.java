/** The bus of this node: its nats-server child, the accounts and who is let in. */
@NullMarked
package io.unibus.node.bus;

import org.jspecify.annotations.NullMarked;
