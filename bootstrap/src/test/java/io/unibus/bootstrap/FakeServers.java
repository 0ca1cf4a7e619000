package io.unibus.bootstrap;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Servers that say what a test wants. */
final class FakeServers implements Servers {
    List<ServerReport> reports = List.of();
    Optional<Set<String>> peers = Optional.of(Set.of("n2", "n3"));
    Optional<String> trouble = Optional.empty();

    @Override
    public List<ServerReport> reports() {
        return reports;
    }

    @Override
    public Optional<Set<String>> connectedPeers() {
        return peers;
    }

    @Override
    public Optional<String> ownTrouble() {
        return trouble;
    }

    @Override
    public Optional<String> ownId() {
        return Optional.of("ID");
    }
}
