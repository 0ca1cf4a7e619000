package io.unibus.node.bus;

/**
 * The name of a client's connection in a cluster; it is never used again.
 *
 * @param serverId the server's own id, which a server that is started again does not keep
 * @param number what nats-server calls the client id, {@code cid}
 */
record ConnectionId(String serverId, long number) {}
