package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import java.util.Optional;

/** One change that a link makes to the members of its room. */
public sealed interface LinkAction {
    /** Returns whom it is about. */
    Endpoint endpoint();

    /**
     * Makes an endpoint a member.
     *
     * @param name what the author calls it
     */
    record Add(Endpoint endpoint, MemberRole role, Optional<MemberName> name) implements LinkAction {}

    /** Ends a membership: the author's own, or another's. */
    record Remove(Endpoint endpoint) implements LinkAction {}
}
