package io.unibus.embeddednats;

import java.util.List;
import java.util.Optional;

/**
 * Membership in a cluster of servers. Who is connected to one server learns of the others and connects to them, too.
 *
 * <p>With JetStream and new stores, the first leader is elected when as many servers are connected as there are routes, the
 * own among them if it is listed, and at least 2: so a server alone never gets one, and lists of all servers need all of
 * them, once. Servers that join later are counted in, and those that leave stay counted until they are removed by request.
 *
 * @param listen where the other servers connect to; a port must be given, since the others have to know it
 * @param routes where the other servers listen; the own address may be among them
 * @param login the user and password that the servers of the cluster share, or none
 * @param tls the certificate for connections between servers, both ways; with none they are plain. Servers with and without do
 *     not connect to each other
 */
public record Cluster(
        String name, HostPort listen, List<HostPort> routes, Optional<User.Password> login, Optional<MutualTls> tls) {
    public Cluster {
        Texts.requirePlain("cluster name", name);
        if (name.indexOf(' ') >= 0) {
            throw new IllegalArgumentException("a cluster name has no spaces: " + name);
        }
        routes = List.copyOf(routes);
        if (listen.port() == 0 || routes.stream().anyMatch(route -> route.port() == 0)) {
            throw new IllegalArgumentException("the addresses of a cluster need a port");
        }
    }

    /** Without TLS. */
    public Cluster(String name, HostPort listen, List<HostPort> routes, Optional<User.Password> login) {
        this(name, listen, routes, login, Optional.empty());
    }
}
