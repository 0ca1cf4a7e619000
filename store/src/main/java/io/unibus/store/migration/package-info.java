/** From the store of a single node to that of a cluster: backup, import, comparison of both sides, and only then the marks. */
@NullMarked
package io.unibus.store.migration;

import org.jspecify.annotations.NullMarked;
