package io.unibus.embeddednats;

/** Where a {@link NatsServer} is in its life. */
public enum ServerState {
    /** The first start is under way. */
    STARTING,
    /** The child answered a query; whether it still does, {@link NatsServer#isAnswering} says. */
    READY,
    /** A child failed, and the next is waited for or under way. */
    RESTARTING,
    /** A planned stop is under way. */
    STOPPING,
    /** Not started yet, or stopped as planned. No child is running. */
    STOPPED,
    /** Given up; nothing will start a child again. No child is running. */
    FAILED
}
