/** The options of a node: one table, their values and where each came from. */
@NullMarked
package io.unibus.node.config;

import org.jspecify.annotations.NullMarked;
