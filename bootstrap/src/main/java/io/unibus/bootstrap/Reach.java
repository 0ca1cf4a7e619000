package io.unibus.bootstrap;

/**
 * What came of a connection to a peer's route port.
 *
 * @param serverName how the server there names itself, empty when none said so
 * @param serverId likewise
 * @param cluster likewise
 */
public record Reach(Peer peer, Status status, String serverName, String serverId, String cluster) {
    /** What is known of the other side, the best first. */
    public enum Status {
        /** A server greets. */
        REACHABLE,
        /** The host is there, and no server listens. */
        DEAD,
        /** Something listens that is no server, or whose certificate is of another authority or for another name. */
        STRANGER,
        /** It accepts connections and says nothing: a paused process. */
        PAUSED,
        /** It was not looked at: its name has no address, or this node took too long. */
        UNKNOWN,
        /** Nothing comes back: the host or the network between is gone. */
        CUT
    }

    static Reach without(Peer peer, Status status) {
        return new Reach(peer, status, "", "", "");
    }

    String words() {
        return peer
                + switch (status) {
                    case REACHABLE -> " (" + serverName + ") answers";
                    case DEAD -> " refuses connections";
                    case STRANGER ->
                        " proves to be no node of this cluster: has it another cluster key, or an earlier version, or"
                                + " does its certificate not name it so?";
                    case PAUSED -> " accepts connections and says nothing";
                    case UNKNOWN -> " could not be looked at: its name does not resolve, or there was no time";
                    case CUT -> " cannot be reached";
                };
    }
}
