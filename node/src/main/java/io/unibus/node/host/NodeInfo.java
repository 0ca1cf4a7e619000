package io.unibus.node.host;

import java.time.Instant;

/**
 * What never changes while a node runs.
 *
 * @param pid of the Java process
 * @param store {@code sqlite} or {@code kv}
 */
public record NodeInfo(String name, String version, long pid, Instant startedAt, String store) {}
