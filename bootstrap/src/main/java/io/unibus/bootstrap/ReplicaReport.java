package io.unibus.bootstrap;

import java.time.Duration;

/**
 * What the leader of a Raft group knows of another server in it.
 *
 * @param current the leader's word, which stays true for 10 seconds after it heard the last of that server
 * @param silentFor since the leader heard of it; they exchange heartbeats every second
 * @param lag entries it is behind
 */
record ReplicaReport(String name, boolean current, boolean offline, Duration silentFor, long lag) {
    /** Two heartbeats may be late. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(3);

    /** Whether it takes part: it would acknowledge a write now. */
    boolean isPresent() {
        return current && !offline && silentFor.compareTo(LONGEST_SILENCE) < 0;
    }

    boolean isCaughtUp() {
        return isPresent() && lag == 0;
    }
}
