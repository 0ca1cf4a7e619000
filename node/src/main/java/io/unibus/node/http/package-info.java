/** The HTTP control plane: routes, limits, problems, health and the console. */
@NullMarked
package io.unibus.node.http;

import org.jspecify.annotations.NullMarked;
