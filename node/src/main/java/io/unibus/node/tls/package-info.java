/** The certificate that this node shows to clients, over HTTP and on the bus, and how certificates of nodes are trusted. */
@NullMarked
package io.unibus.node.tls;

import org.jspecify.annotations.NullMarked;
