package io.unibus.bootstrap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The other servers behind the configured addresses, by the names with which they ever greeted. A server counts once, by
 * the best of its addresses; an address that never greeted is a server without a name. Used by one thread.
 */
final class KnownPeers {
    private final String ownName;
    private final List<Peer> configured;
    private final Map<Peer, String> names = new HashMap<>();

    KnownPeers(String ownName, List<Peer> configured) {
        this.ownName = ownName;
        this.configured = List.copyOf(configured);
    }

    /** One server at one look. */
    record Server(Optional<String> name, Reach.Status status) {}

    /** All addresses but this node's own. */
    List<Peer> others() {
        return configured.stream()
                .filter(peer -> !ownName.equals(names.get(peer)))
                .toList();
    }

    List<Peer> nameless() {
        return configured.stream().filter(peer -> !names.containsKey(peer)).toList();
    }

    Set<String> names() {
        return new TreeSet<>(names.values());
    }

    void learn(Collection<Reach> reached) {
        for (Reach reach : reached) {
            if (reach.status() == Reach.Status.REACHABLE && !reach.serverName().isEmpty()) {
                names.put(reach.peer(), reach.serverName());
            }
        }
    }

    /** Learns, and tells the servers apart. */
    List<Server> servers(Collection<Reach> reached) {
        learn(reached);
        Map<String, Server> named = new LinkedHashMap<>();
        List<Server> servers = new ArrayList<>();
        for (Reach reach : reached) {
            Optional<String> name = Optional.ofNullable(names.get(reach.peer()));
            Server server = new Server(name, reach.status());
            if (name.isEmpty()) {
                servers.add(server);
            } else if (!name.get().equals(ownName)) {
                named.merge(name.get(), server, KnownPeers::better);
            }
        }
        servers.addAll(named.values());
        return servers;
    }

    private static Server better(Server one, Server other) {
        return one.status().compareTo(other.status()) <= 0 ? one : other;
    }
}
