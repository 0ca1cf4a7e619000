package io.unibus.cluster;

import io.unibus.protocol.Endpoint;

/**
 * One request and its answer. Times are those of {@link System#nanoTime} of this process.
 *
 * @param node number of the node that was asked
 * @param object what it was about: a room, a user
 * @param epoch of the room as the answer showed it; 0 when it showed none
 * @param answer {@code ok}, or what was said instead: {@code 503 quorum-unconfirmed}, {@code unreachable}, ...
 */
record Operation(
        String name, Endpoint caller, int node, String object, long begin, long end, long epoch, String answer) {
    static final String OK = "ok";
    static final String UNREACHABLE = "unreachable";
    static final String UNANSWERED = "unanswered";

    boolean isOk() {
        return answer.equals(OK);
    }

    /** The node did not take part, or said that it could not: another, or the same later, may be asked. */
    boolean isUnavailable() {
        return answer.startsWith("503 ") || answer.equals(UNREACHABLE) || answer.startsWith(UNANSWERED);
    }
}
