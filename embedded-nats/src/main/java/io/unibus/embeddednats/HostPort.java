package io.unibus.embeddednats;

/** A host name or address, without brackets, and a port; port 0 asks the server to choose one. */
public record HostPort(String host, int port) {
    public HostPort {
        Texts.requirePlain("host", host);
        if (host.indexOf('[') >= 0 || host.indexOf(' ') >= 0) {
            throw new IllegalArgumentException("a host has no brackets or spaces: " + host);
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("a port is between 0 and 65535, not " + port);
        }
    }

    /** The form used in URLs; an IPv6 address is put in brackets. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** Stands for every address of its host, and so is none that another host could connect to. */
    public boolean isWildcard() {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /** Where a process of this host reaches a listener on this address: loopback for a wildcard. */
    HostPort reachableFromHere(int realPort) {
        return switch (host) {
            case "0.0.0.0" -> new HostPort("127.0.0.1", realPort);
            case "::" -> new HostPort("::1", realPort);
            default -> new HostPort(host, realPort);
        };
    }
}
