package io.unibus.node.bus;

import io.unibus.protocol.Endpoint;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The connections of peers to all servers of the cluster, as far as this node has heard their logins. A connection is entered
 * before its login is decided, so that no change of access falls between. Thread-safe.
 */
final class PeerConnectionRegistry {
    /** Limits the connections to other nodes: more than the servers of a cluster let in, so that the rest are logins that fail. */
    static final int MOST = 100_000;

    private final Map<ConnectionId, PeerConnection> connections = new HashMap<>();
    private final Map<Endpoint, Set<PeerConnection>> byEndpoint = new HashMap<>();

    /**
     * Enters a connection. Returns false, and does nothing, when there are too many and it is another node's: logins there, also those
     * that fail, must not keep anybody out here.
     */
    synchronized boolean enter(PeerConnection connection) {
        if (!connection.isOwn() && connections.size() >= MOST) {
            return false;
        }
        remove(connection.id());
        connections.put(connection.id(), connection);
        byEndpoint
                .computeIfAbsent(connection.endpoint(), endpoint -> new HashSet<>())
                .add(connection);
        return true;
    }

    synchronized Optional<PeerConnection> find(ConnectionId id) {
        return Optional.ofNullable(connections.get(id));
    }

    /** Returns the connections to a server. */
    synchronized List<PeerConnection> to(String serverId) {
        return connections.values().stream()
                .filter(connection -> connection.id().serverId().equals(serverId))
                .toList();
    }

    /** Returns the servers that have connections. */
    synchronized Set<String> servers() {
        return connections.keySet().stream().map(ConnectionId::serverId).collect(Collectors.toSet());
    }

    /** Returns whether there is a connection of an endpoint. */
    synchronized boolean has(Endpoint endpoint) {
        return byEndpoint.containsKey(endpoint);
    }

    /** Returns the connections of an endpoint. */
    synchronized List<PeerConnection> of(Endpoint endpoint) {
        return List.copyOf(byEndpoint.getOrDefault(endpoint, Set.of()));
    }

    /** Returns the endpoints that have connections. */
    synchronized Collection<Endpoint> endpoints() {
        return List.copyOf(byEndpoint.keySet());
    }

    /** Counts the connections to a server that were let in. */
    synchronized long established(String serverId) {
        return to(serverId).stream().filter(PeerConnection::isEstablished).count();
    }

    synchronized void remove(ConnectionId id) {
        @Nullable PeerConnection removed = connections.remove(id);
        if (removed != null) {
            forget(removed);
        }
    }

    synchronized void removeIf(Predicate<PeerConnection> condition) {
        connections.values().removeIf(connection -> {
            boolean removed = condition.test(connection);
            if (removed) {
                forget(connection);
            }
            return removed;
        });
    }

    private void forget(PeerConnection connection) {
        byEndpoint.computeIfPresent(connection.endpoint(), (endpoint, all) -> {
            all.remove(connection);
            return all.isEmpty() ? null : all;
        });
    }
}
