/** What a caller may do with rooms and users, over the store. */
@NullMarked
package io.unibus.node.control;

import org.jspecify.annotations.NullMarked;
