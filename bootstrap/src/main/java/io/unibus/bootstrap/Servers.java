package io.unibus.bootstrap;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What can be asked of the servers themselves. Every call is bounded, and throws nothing. */
interface Servers {
    /** The servers that answer in time, this node's among them. */
    List<ServerReport> reports();

    /** The names of the servers that are connected to this node's; empty without an answer of its own server. */
    Optional<Set<String>> connectedPeers();

    /** What is wrong with this node's own server, empty when it says that it is well, or says nothing. */
    Optional<String> ownTrouble();

    /** This node's own server, empty when there is no connection to it. */
    Optional<String> ownId();
}
