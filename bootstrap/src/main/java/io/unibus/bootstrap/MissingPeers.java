package io.unibus.bootstrap;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Says which of the other servers this node's is not connected to, and what it can be. Thread-safe. */
final class MissingPeers implements Supplier<String> {
    private final String ownName;
    private final List<Peer> peers;
    private final Servers servers;
    private final PeerProbes probes;

    /** @param peers the configured ones; this node's own address may be among them */
    MissingPeers(String ownName, List<Peer> peers, Servers servers, PeerProbes probes) {
        this.ownName = ownName;
        this.peers = List.copyOf(peers);
        this.servers = servers;
        this.probes = probes;
    }

    @Override
    public String get() {
        if (peers.isEmpty()) {
            return "";
        }
        Optional<Set<String>> connected = servers.connectedPeers();
        if (connected.isEmpty()) {
            return "this node's own server does not answer";
        }
        try {
            return sentence(
                    connected.get(), probes.probe(peers), servers.ownId().orElse(""), ownName);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    static String sentence(Set<String> connected, List<Reach> reached, String ownId, String ownName) {
        List<String> missing = new ArrayList<>();
        for (Reach reach : reached) {
            if (reach.status() != Reach.Status.REACHABLE) {
                missing.add(reach.words());
            } else if (reach.serverName().equals(ownName)) {
                if (!reach.serverId().equals(ownId)) {
                    missing.add(reach.peer() + " is another node that is also named " + ownName);
                }
            } else if (!connected.contains(reach.serverName())) {
                missing.add(reach.words() + " and is not connected: has it another cluster key or cluster name ("
                        + reach.cluster() + ")?");
            }
        }
        return missing.isEmpty() ? "" : "peers not connected: " + String.join(", ", missing);
    }
}
