/** Whole nodes as processes, started through {@code bin/unibus}; see {@link io.unibus.cluster.Scenario}. */
@NullMarked
package io.unibus.cluster;

import org.jspecify.annotations.NullMarked;
