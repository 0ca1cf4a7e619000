package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.SealedKey;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A link that is being made. Its author says what changes; number, hashes and digests follow from the chain. Signs nothing
 * that breaks a rule. Not thread-safe; used once.
 */
public final class LinkDraft {
    private final @Nullable ChainState before;
    private final boolean adopts;
    private final RoomId room;
    private final Endpoint author;
    private final Optional<CreationNonce> nonce;
    private final RoomPolicy policy;
    private final Subject subject;
    private final SortedMap<Endpoint, LinkAction> actions = new TreeMap<>();
    private Epoch epoch;
    private ChainDigest keyCommitment;
    private Map<Endpoint, SealedKey> keys = Map.of();

    private LinkDraft(ChainState before, Endpoint author) {
        this.before = before;
        this.adopts = false;
        this.room = before.room();
        this.author = author;
        this.nonce = Optional.empty();
        this.policy = before.policy();
        this.subject = before.subject();
        this.epoch = before.epoch();
        this.keyCommitment = before.keyCommitment();
    }

    private LinkDraft(
            boolean adopts,
            RoomId room,
            Endpoint author,
            CreationNonce nonce,
            RoomPolicy policy,
            Subject subject,
            Epoch epoch,
            byte[] roomKey) {
        this.before = null;
        this.adopts = adopts;
        this.room = room;
        this.author = author;
        this.nonce = Optional.of(nonce);
        this.policy = policy;
        this.subject = subject;
        this.epoch = epoch;
        this.keyCommitment = ChainDigests.roomKeyCommitment(room, epoch, roomKey);
    }

    /**
     * Begins a room of the id that {@link ChainRoomId#derive} makes of creator and nonce. Its creator is to be added, as an
     * owner, and needs the sealed key of epoch 1.
     *
     * @param roomKey of epoch 1, 32 bytes; not kept
     */
    public static LinkDraft create(
            Endpoint creator, CreationNonce nonce, RoomPolicy policy, Subject subject, byte[] roomKey) {
        RoomId room = ChainRoomId.derive(creator, nonce);
        return new LinkDraft(false, room, creator, nonce, policy, subject, Epoch.FIRST, roomKey);
    }

    /**
     * Begins the chain of a room that is there already. All members are to be added, the author as an owner.
     *
     * @param epoch the room's, when no keys come with the link; otherwise the next one
     * @param roomKey of that epoch, 32 bytes; not kept
     */
    public static LinkDraft adopt(
            RoomId room,
            Endpoint author,
            CreationNonce nonce,
            RoomPolicy policy,
            Subject subject,
            Epoch epoch,
            byte[] roomKey) {
        return new LinkDraft(true, room, author, nonce, policy, subject, epoch, roomKey);
    }

    /** Begins the link after the last one of a chain. */
    public static LinkDraft follow(ChainState before, Endpoint author) {
        return new LinkDraft(before, author);
    }

    public LinkDraft add(Endpoint endpoint, MemberRole role) {
        return act(new LinkAction.Add(endpoint, role, Optional.empty()));
    }

    public LinkDraft add(Endpoint endpoint, MemberRole role, MemberName name) {
        return act(new LinkAction.Add(endpoint, role, Optional.of(name)));
    }

    /** Removes a member; the author removes itself to leave. */
    public LinkDraft remove(Endpoint endpoint) {
        return act(new LinkAction.Remove(endpoint));
    }

    /**
     * Begins the next epoch.
     *
     * @param roomKey of that epoch, 32 random bytes never used before; not kept
     * @throws IllegalStateException when the draft is that of a first link, or has a new epoch already
     */
    public LinkDraft rekey(byte[] roomKey) {
        if (before == null || !epoch.equals(before.epoch())) {
            throw new IllegalStateException("a link begins one epoch at most");
        }
        epoch = epoch.next();
        keyCommitment = ChainDigests.roomKeyCommitment(room, epoch, roomKey);
        return this;
    }

    /** Takes the sealed keys that come with the link, of {@link #epoch}. */
    public LinkDraft keys(Map<Endpoint, SealedKey> keys) {
        this.keys = Map.copyOf(keys);
        return this;
    }

    /** Returns the epoch after the link. */
    public Epoch epoch() {
        return epoch;
    }

    /** Returns the room of the link. */
    public RoomId room() {
        return room;
    }

    /**
     * Signs the link if it keeps all rules.
     *
     * @param time by the author's clock; kept to the millisecond
     * @param signer of the author
     * @return {@link LinkOutcome.Accepted}, whose state holds the link, or {@link LinkOutcome.Refused}, and then nothing was
     *     signed unless the signer is another's
     * @throws IllegalArgumentException when the sealed keys are not for exactly those who need one
     * @throws io.unibus.protocol.MalformedException when the link would be too large
     */
    public LinkOutcome sign(Instant time, LinkSigner signer) {
        LinkContent content = content(time);
        try {
            requireKeysFor(transition(content));
        } catch (RuleBrokenException e) {
            return e.refused();
        }
        RoomLink link = RoomLink.sign(content, signer);
        if (before != null) {
            return ChainRules.next(before, link);
        }
        return adopts ? ChainRules.adopt(link) : ChainRules.create(link);
    }

    private LinkContent content(Instant time) {
        return new LinkContent(
                room,
                before == null ? 1 : before.head().number() + 1,
                before == null ? ChainDigest.NONE : before.head().hash(),
                epoch,
                keyCommitment,
                ChainDigests.sealedKeys(epoch, keys),
                policy,
                subject,
                List.copyOf(actions.values()),
                membersDigest(),
                author,
                time.truncatedTo(ChronoUnit.MILLIS),
                nonce);
    }

    private ChainTransition transition(LinkContent content) throws RuleBrokenException {
        if (before != null) {
            return ChainTransition.follow(before, content);
        }
        return adopts ? ChainTransition.adopt(content) : ChainTransition.create(content);
    }

    private void requireKeysFor(ChainTransition transition) {
        if (!keys.keySet().equals(transition.keyRecipients())) {
            throw new IllegalArgumentException("the sealed keys must be for exactly those who need one: "
                    + transition.keyRecipients().size() + " endpoints");
        }
    }

    private ChainDigest membersDigest() {
        SortedMap<Endpoint, ChainMember> members = new TreeMap<>();
        if (before != null) {
            members.putAll(before.members());
        }
        for (LinkAction action : actions.values()) {
            members.remove(action.endpoint());
            if (action instanceof LinkAction.Add add) {
                members.put(add.endpoint(), new ChainMember(add.endpoint(), add.role(), add.name()));
            }
        }
        return ChainDigests.orderedMembers(members.values());
    }

    private LinkDraft act(LinkAction action) {
        if (actions.putIfAbsent(action.endpoint(), action) != null) {
            throw new IllegalArgumentException(action.endpoint() + " is in this link already");
        }
        return this;
    }
}
