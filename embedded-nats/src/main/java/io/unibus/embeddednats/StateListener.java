package io.unibus.embeddednats;

/**
 * Hears of every change of state, in order, on the supervisor's thread: it must return soon, and neither stop nor suspend
 * the server.
 */
@FunctionalInterface
public interface StateListener {
    /**
     * The state has changed.
     *
     * @param reason why, in words for an operator; empty where the state says it all
     */
    void changed(ServerState state, String reason);
}
