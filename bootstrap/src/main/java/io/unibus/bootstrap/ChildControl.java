package io.unibus.bootstrap;

/** What this module may ask of whoever runs the node's own server. Calls return when it is done, or has failed. */
public interface ChildControl {
    /** Ends the server, quickly, and starts none until {@link #resume}. */
    void suspend(String reason);

    void resume(String reason);

    /** Ends the server and starts it again. */
    void restart(String reason);
}
