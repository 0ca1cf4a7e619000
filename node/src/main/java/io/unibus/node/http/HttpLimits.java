package io.unibus.node.http;

import java.time.Duration;

/**
 * How long a client may take.
 *
 * @param head for the whole head of a request
 * @param body for the whole body of a request
 * @param linger for the rest of a request that was answered before all of it came
 * @param idle between two requests on one connection, and for taking an answer
 * @param drain for requests under way when the server stops
 */
record HttpLimits(Duration head, Duration body, Duration linger, Duration idle, Duration drain) {
    static final HttpLimits DEFAULT = new HttpLimits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(2),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5));
}
