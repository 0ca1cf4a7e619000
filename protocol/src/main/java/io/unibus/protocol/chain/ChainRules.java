package io.unibus.protocol.chain;

import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * The rules by which one link follows another: pure functions, the same for nodes and clients. What costs little is looked at
 * first and the signature last, so that a link that breaks another rule costs nobody a verification.
 *
 * <p>Not decided here: whether the sealed keys that come with a link are those that it says, since a client is shown only its
 * own ({@link ChainDigests#sealedKeys} is the digest, {@link LinkOutcome.Accepted} names the recipients); whether a room key
 * is the one that was committed to ({@link ChainDigests#roomKeyCommitment}); and the time of a link, which is for people.
 */
public final class ChainRules {
    private ChainRules() {}

    /**
     * Decides whether a new room can begin with a link: its creator is the only member, an owner; the epoch is 1; sealed keys
     * come with it; the room's id is the one that {@link ChainRoomId} makes of creator and random bytes.
     *
     * @return {@link LinkOutcome.Accepted} or {@link LinkOutcome.Refused}
     */
    public static LinkOutcome create(RoomLink link) {
        return decide(link, () -> ChainTransition.create(link.content()));
    }

    /**
     * Decides whether a room of an earlier build can get its first link: the author is among the owners that it names. That
     * those are the members, nobody has signed before: whoever takes such a link trusts it on first use. Whether the room was
     * waiting for a rekey, no link says: then sealed keys must come with this one, which its node has to see to.
     *
     * @return {@link LinkOutcome.Accepted} or {@link LinkOutcome.Refused}
     */
    public static LinkOutcome adopt(RoomLink link) {
        return decide(link, () -> ChainTransition.adopt(link.content()));
    }

    /** Decides whether a link follows the last link of a chain. */
    public static LinkOutcome next(ChainState before, RoomLink link) {
        RoomLink last = before.link();
        if (!link.content().room().equals(before.room())) {
            return new LinkOutcome.Refused(
                    LinkRefusal.OTHER_ROOM,
                    "It is a link of room " + link.content().room() + ", not of " + before.room() + ".");
        }
        if (link.number() < last.number()) {
            return new LinkOutcome.Passed();
        }
        if (link.number() > last.number() + 1) {
            return new LinkOutcome.Refused(
                    LinkRefusal.NUMBER_DOES_NOT_FOLLOW,
                    "Link " + link.number() + " does not follow link " + last.number() + ".");
        }
        if (link.number() == last.number()) {
            return link.equals(last) ? new LinkOutcome.Known() : fork(last, link);
        }
        if (!link.content().previous().equals(last.hash())) {
            return fork(last, link);
        }
        return decide(link, () -> ChainTransition.follow(before, link.content()));
    }

    private static LinkOutcome decide(RoomLink link, Decision decision) {
        try {
            ChainTransition transition = decision.make();
            requireSignature(link);
            requireValidEndpoints(link);
            return new LinkOutcome.Accepted(new ChainState(link, transition.members()), transition.keyRecipients());
        } catch (RuleBrokenException e) {
            return e.refused();
        }
    }

    /** Refuses a link that nobody has signed: it is no proof of another chain. */
    private static LinkOutcome fork(RoomLink last, RoomLink link) {
        try {
            requireSignature(link);
            return new LinkOutcome.Forked(last, link);
        } catch (RuleBrokenException e) {
            return e.refused();
        }
    }

    private static void requireSignature(RoomLink link) throws RuleBrokenException {
        if (!link.isSignedByAuthor()) {
            throw new RuleBrokenException(
                    LinkRefusal.SIGNATURE_WRONG,
                    "The signature is not that of " + link.content().author() + ".");
        }
    }

    /** To a point of small order many signatures fit that anybody can make; and no key can be sealed to it. */
    private static void requireValidEndpoints(RoomLink link) throws RuleBrokenException {
        for (LinkAction action : link.content().actions()) {
            if (action instanceof LinkAction.Add
                    && !Ed25519.validatePublicKeyFull(action.endpoint().publicKey(), 0)) {
                throw new RuleBrokenException(
                        LinkRefusal.ENDPOINT_INVALID, action.endpoint() + " is no valid Ed25519 public key.");
            }
        }
    }

    private interface Decision {
        ChainTransition make() throws RuleBrokenException;
    }
}
