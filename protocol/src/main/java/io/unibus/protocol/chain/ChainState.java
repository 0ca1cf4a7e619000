package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A room after a link that was verified: what that link says, and the members. Immutable and thread-safe. Comes from
 * {@link ChainRules}, or from a store that has kept what came from there: {@link #restore}.
 */
public final class ChainState {
    /** As many members as a room can have: the sealed keys of this many fit into one request to rekey it. */
    public static final int MAX_MEMBERS = 6_000;

    private final RoomLink link;
    private final SortedMap<Endpoint, ChainMember> members;

    /** @param members not copied: nobody else may change it */
    ChainState(RoomLink link, SortedMap<Endpoint, ChainMember> members) {
        this.link = link;
        this.members = Collections.unmodifiableSortedMap(members);
    }

    /**
     * Restores a state from what was kept of it. Verifies no signature and no rule: the link must have been verified before.
     *
     * @param link the last of the chain
     * @param members after it, in any order
     * @throws MalformedException when the link was not signed for these members and roles. Names are taken as they are
     */
    public static ChainState restore(RoomLink link, Collection<ChainMember> members) {
        SortedMap<Endpoint, ChainMember> byEndpoint = new TreeMap<>();
        for (ChainMember member : members) {
            if (byEndpoint.put(member.endpoint(), member) != null) {
                throw new MalformedException("room-chain", "it has " + member.endpoint() + " twice among the members");
            }
        }
        if (!ChainDigests.orderedMembers(byEndpoint.values())
                .equals(link.content().membersDigest())) {
            throw new MalformedException(
                    "room-chain",
                    "link " + link.number() + " of room " + link.content().room()
                            + " was not signed for these members");
        }
        return new ChainState(link, byEndpoint);
    }

    /** Returns the last link. */
    public RoomLink link() {
        return link;
    }

    /** Returns number and hash of the last link. */
    public ChainHead head() {
        return link.place();
    }

    public RoomId room() {
        return link.content().room();
    }

    public Epoch epoch() {
        return link.content().epoch();
    }

    /** Returns the {@link ChainDigests#roomKeyCommitment} of the epoch's room key. */
    public ChainDigest keyCommitment() {
        return link.content().keyCommitment();
    }

    public RoomPolicy policy() {
        return link.content().policy();
    }

    public Subject subject() {
        return link.content().subject();
    }

    /** Returns the members by endpoint; unmodifiable. */
    public SortedMap<Endpoint, ChainMember> members() {
        return members;
    }

    public Optional<ChainMember> member(Endpoint endpoint) {
        return Optional.ofNullable(members.get(endpoint));
    }

    /** Returns whether {@code endpoint} may author any link that follows. */
    public boolean isOwner(Endpoint endpoint) {
        return member(endpoint).map(ChainMember::isOwner).orElse(false);
    }

    /**
     * Returns whether somebody who is no member any more could still open the current key. The last link tells by itself:
     * one that removes somebody and brings no keys leaves the key as it was, and nobody is added until one brings some.
     */
    public boolean rekeyRequired() {
        return link.content().keysDigest().isNone() && link.content().removesAnybody();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChainState that && link.equals(that.link) && members.equals(that.members);
    }

    @Override
    public int hashCode() {
        return link.hashCode();
    }

    @Override
    public String toString() {
        return "ChainState[" + link + ", epoch " + epoch() + ", " + members.size() + " members]";
    }
}
