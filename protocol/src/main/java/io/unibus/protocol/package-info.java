/** What nodes and peers speak: identifiers, wire records and their JSON form. No I/O. */
@NullMarked
package io.unibus.protocol;

import org.jspecify.annotations.NullMarked;
