/** The subcommands of unibus. */
@NullMarked
package io.unibus.node.cli;

import org.jspecify.annotations.NullMarked;
