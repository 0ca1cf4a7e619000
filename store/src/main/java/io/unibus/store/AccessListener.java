package io.unibus.store;

import io.unibus.protocol.Endpoint;

/**
 * Is told whose access may have changed, once the change can be read through the store; see {@link Store#addListener}. Called
 * from threads that must not be blocked, and from several at once: it only notes what it is told, reads the store later in a
 * thread of its own, and reads again when that fails. It may be told more often than needed, never less; a change of a role
 * alone or a rekey that keeps the members need not be told.
 */
public interface AccessListener {
    /**
     * The access of one endpoint may have changed: its user record was added, revoked or changed, it became or ceased to be a
     * member of a room, or a room of it came, went or has another subject.
     */
    void accessMayHaveChanged(Endpoint endpoint);

    /** The access of any endpoint may have changed, as after another process wrote, or a view was built anew. */
    void anyAccessMayHaveChanged();
}
