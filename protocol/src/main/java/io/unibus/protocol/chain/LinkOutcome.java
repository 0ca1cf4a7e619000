package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import java.util.Set;

/** The decision of {@link ChainRules} about a link. */
public sealed interface LinkOutcome {
    /**
     * It follows.
     *
     * @param state after it
     * @param keyRecipients the endpoints that need a sealed key of the epoch because of it; exactly their keys come with it. Of
     *     an adopted room whose first link brings no keys: nobody, since they have them
     */
    record Accepted(ChainState state, Set<Endpoint> keyRecipients) implements LinkOutcome {}

    /**
     * It breaks a rule.
     *
     * @param detail a sentence for people, which names the endpoint or number concerned
     */
    record Refused(LinkRefusal reason, String detail) implements LinkOutcome {}

    /** It is the last link of the chain, byte for byte. */
    record Known() implements LinkOutcome {}

    /** Its number is lower than that of the last link: whoever keeps the link of that number can compare the two. */
    record Passed() implements LinkOutcome {}

    /**
     * It belongs to a chain that goes another way: it has the number of the last link, and other bytes; or the next number,
     * and follows another link than the last. Its signature holds. Whether its author might sign it cannot be said here:
     * ask {@link ChainRules} with the state before, where that is at hand. To a node it is mostly an owner who was
     * overtaken by another; to a client that asked for the links of a room it is the proof that two chains were signed.
     *
     * @param known the last link of the chain
     */
    record Forked(RoomLink known, RoomLink other) implements LinkOutcome {}
}
