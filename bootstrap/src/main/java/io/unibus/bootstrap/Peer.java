package io.unibus.bootstrap;

/**
 * Where a node's server listens for the servers of the other nodes.
 *
 * @param host a name or an address, without brackets
 */
public record Peer(String host, int port) {
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
