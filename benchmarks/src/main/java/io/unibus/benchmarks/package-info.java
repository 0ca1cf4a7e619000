/** Measurements of a packaged node, and of what it stands on. */
@NullMarked
package io.unibus.benchmarks;

import org.jspecify.annotations.NullMarked;
