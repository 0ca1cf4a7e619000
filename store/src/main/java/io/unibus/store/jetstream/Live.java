package io.unibus.store.jetstream;

import java.util.function.Consumer;

/** Brings the entries of a bucket as they are written, in the order of one server, with gaps when it was away. */
interface Live extends AutoCloseable {
    /**
     * Makes sure of a subscription on the present connection. The server knows of it when it has answered any request
     * that is made there after this.
     *
     * <p>It is not flushed: the library takes more than a few flushes at once, as several feeds make them, for a dead
     * connection, and drops it.
     *
     * @param sink hears of entries one at a time, from one thread
     * @throws io.unibus.store.StoreUnavailableException when there is no connection now
     */
    Session attach(Consumer<Entry> sink);

    /** The session with a server as it is now. @throws io.unibus.store.StoreUnavailableException when there is none */
    Session session();

    @Override
    void close();

    /** One session with one server: in another one messages may have been missed in between. */
    record Session(Object connection, String serverId, long reconnects) {}
}
