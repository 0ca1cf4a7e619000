/** The process and its host: data directory, version, exit codes. */
@NullMarked
package io.unibus.node.host;

import org.jspecify.annotations.NullMarked;
