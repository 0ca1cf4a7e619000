@NullMarked
package io.unibus.embeddednats;

import org.jspecify.annotations.NullMarked;
