package io.unibus.embeddednats;

/** Where a {@link NatsServer} is in its life. */
public enum ServerState {
    /** A start that follows no failure is under way: the first, or one that was asked for. */
    STARTING,
    /** The child answered a query; whether it still does, {@link NatsServer#isAnswering} says. */
    READY,
    /** A child failed, and the next is waited for or under way. */
    RESTARTING,
    /** Held down until {@link NatsServer#resume}. No child is running; the directories stay locked. */
    SUSPENDED,
    /** A planned stop is under way. */
    STOPPING,
    /** Not started yet, or stopped as planned. No child is running. */
    STOPPED,
    /** Given up; nothing will start a child again. No child is running. */
    FAILED
}
