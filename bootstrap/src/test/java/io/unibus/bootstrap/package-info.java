@NullMarked
package io.unibus.bootstrap;

import org.jspecify.annotations.NullMarked;
