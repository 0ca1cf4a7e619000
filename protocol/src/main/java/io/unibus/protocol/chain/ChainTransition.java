package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The step that the content of a link takes a room to, decided by all rules but those of signatures.
 *
 * @param members after it
 * @param keyRecipients as {@link LinkOutcome.Accepted} has them
 */
record ChainTransition(SortedMap<Endpoint, ChainMember> members, Set<Endpoint> keyRecipients) {

    /** Decides about the first link of a new room. */
    static ChainTransition create(LinkContent content) throws RuleBrokenException {
        requireFirst(content);
        require(
                content.epoch().equals(Epoch.FIRST),
                LinkRefusal.EPOCH_DOES_NOT_FOLLOW,
                "A new room begins with epoch 1, not " + content.epoch() + ".");
        requireIdOfCreator(content);
        SortedMap<Endpoint, ChainMember> members = firstMembers(content);
        require(
                members.size() == 1,
                LinkRefusal.CREATOR_NOT_SOLE_OWNER,
                "A new room begins with its creator as the only member.");
        requireKeys(content, true);
        requireDigest(content, members);
        return new ChainTransition(members, keysOf(members));
    }

    /** Decides about the first link of a room that had members before it had links. */
    static ChainTransition adopt(LinkContent content) throws RuleBrokenException {
        requireFirst(content);
        if (ChainRoomId.hasForm(content.room())) {
            requireIdOfCreator(content);
        }
        SortedMap<Endpoint, ChainMember> members = firstMembers(content);
        requireDigest(content, members);
        boolean bringsKeys = !content.keysDigest().isNone();
        return new ChainTransition(members, bringsKeys ? keysOf(members) : Set.of());
    }

    /** Decides about a link that names the last one as the link before it. */
    static ChainTransition follow(ChainState before, LinkContent content) throws RuleBrokenException {
        require(
                content.policy().equals(before.policy()),
                LinkRefusal.POLICY_CHANGED,
                "The policy of a room never changes.");
        require(
                content.subject().equals(before.subject()),
                LinkRefusal.SUBJECT_CHANGED,
                "The subject of a room never changes: it is " + before.subject() + ", not " + content.subject() + ".");
        boolean rekeys = rekeys(before, content);
        requireAuthor(before, content, rekeys);
        SortedMap<Endpoint, ChainMember> members = membersAfter(before, content);
        boolean adds = content.addsAnybody();
        require(
                rekeys || !content.actions().isEmpty(),
                LinkRefusal.NOTHING_CHANGES,
                "It changes neither the members nor the key.");
        require(
                rekeys || !adds || !(before.rekeyRequired() || content.removesAnybody()),
                LinkRefusal.REKEY_REQUIRED,
                "Somebody who has left could still open the key of epoch " + before.epoch()
                        + ": rekey before anybody is added.");
        require(
                members.values().stream().anyMatch(ChainMember::isOwner),
                LinkRefusal.NO_OWNER,
                "No owner would remain.");
        require(
                members.size() <= ChainState.MAX_MEMBERS,
                LinkRefusal.ROOM_FULL,
                "A room has at most " + ChainState.MAX_MEMBERS + " members.");
        requireKeys(content, rekeys || adds);
        requireDigest(content, members);
        return new ChainTransition(members, rekeys ? keysOf(members) : added(content));
    }

    private static void requireFirst(LinkContent content) throws RuleBrokenException {
        require(
                content.isFirst(),
                LinkRefusal.NUMBER_DOES_NOT_FOLLOW,
                "A chain begins with link 1, not " + content.number() + ".");
        require(content.policy().encrypted(), LinkRefusal.NOT_ENCRYPTED, "Only encrypted rooms have links.");
    }

    private static void requireIdOfCreator(LinkContent content) throws RuleBrokenException {
        boolean fits = content.nonce()
                .map(nonce -> ChainRoomId.isDerivedFrom(content.room(), content.author(), nonce))
                .orElse(false);
        require(
                fits,
                LinkRefusal.ROOM_ID_OF_ANOTHER,
                "The id " + content.room() + " is not made of the creator " + content.author()
                        + " and the random bytes of this link.");
    }

    private static SortedMap<Endpoint, ChainMember> firstMembers(LinkContent content) throws RuleBrokenException {
        SortedMap<Endpoint, ChainMember> members = new TreeMap<>();
        apply(content, members);
        ChainMember author = members.get(content.author());
        require(
                author != null && author.isOwner(),
                LinkRefusal.CREATOR_NOT_SOLE_OWNER,
                "The author of the first link is not among the owners that it names.");
        return members;
    }

    private static boolean rekeys(ChainState before, LinkContent content) throws RuleBrokenException {
        long step = content.epoch().number() - before.epoch().number();
        require(
                step == 0 || step == 1,
                LinkRefusal.EPOCH_DOES_NOT_FOLLOW,
                "Epoch " + content.epoch() + " is neither " + before.epoch() + " nor the next.");
        boolean sameKey = content.keyCommitment().equals(before.keyCommitment());
        if (step == 0) {
            require(sameKey, LinkRefusal.COMMITMENT_CHANGED, "The epoch stays, and the commitment to its key changes.");
        } else {
            require(
                    !sameKey,
                    LinkRefusal.COMMITMENT_NOT_CHANGED,
                    "The epoch changes, and the commitment to its key stays.");
        }
        return step == 1;
    }

    private static void requireAuthor(ChainState before, LinkContent content, boolean rekeys)
            throws RuleBrokenException {
        Endpoint author = content.author();
        boolean leaves = content.removes(author);
        boolean onlyLeaves =
                leaves && content.actions().size() == 1 && before.member(author).isPresent();
        require(
                before.isOwner(author) || onlyLeaves,
                LinkRefusal.AUTHOR_NOT_OWNER,
                author + " was no owner before link " + content.number() + ", and does not only leave.");
        require(
                !(leaves && rekeys),
                LinkRefusal.LEAVER_REKEYS,
                author + " leaves, and may not choose the key of those who stay.");
    }

    private static SortedMap<Endpoint, ChainMember> membersAfter(ChainState before, LinkContent content)
            throws RuleBrokenException {
        if (content.actions().isEmpty()) {
            return before.members();
        }
        SortedMap<Endpoint, ChainMember> members = new TreeMap<>(before.members());
        apply(content, members);
        return members;
    }

    private static void apply(LinkContent content, SortedMap<Endpoint, ChainMember> members)
            throws RuleBrokenException {
        for (LinkAction action : content.actions()) {
            Endpoint endpoint = action.endpoint();
            if (action instanceof LinkAction.Add add) {
                ChainMember member = new ChainMember(endpoint, add.role(), add.name());
                require(
                        members.putIfAbsent(endpoint, member) == null,
                        LinkRefusal.MEMBER_EXISTS,
                        endpoint + " is added, and is a member already.");
            } else {
                require(
                        members.remove(endpoint) != null,
                        LinkRefusal.MEMBER_NOT_FOUND,
                        endpoint + " is removed, and is not a member.");
            }
        }
    }

    private static void requireKeys(LinkContent content, boolean needed) throws RuleBrokenException {
        if (content.keysDigest().isNone() == needed) {
            throw needed
                    ? new RuleBrokenException(LinkRefusal.KEYS_MISSING, "It needs sealed keys, and none come with it.")
                    : new RuleBrokenException(
                            LinkRefusal.KEYS_UNEXPECTED,
                            "It says that sealed keys come with it, and nobody needs one.");
        }
    }

    private static void requireDigest(LinkContent content, SortedMap<Endpoint, ChainMember> members)
            throws RuleBrokenException {
        require(
                content.membersDigest().equals(ChainDigests.orderedMembers(members.values())),
                LinkRefusal.MEMBERS_DIGEST_WRONG,
                "Its digest is not that of the " + members.size() + " members after it.");
    }

    private static Set<Endpoint> keysOf(SortedMap<Endpoint, ChainMember> members) {
        return Collections.unmodifiableSet(members.keySet());
    }

    private static Set<Endpoint> added(LinkContent content) {
        Set<Endpoint> added = new TreeSet<>();
        for (LinkAction action : content.actions()) {
            if (action instanceof LinkAction.Add) {
                added.add(action.endpoint());
            }
        }
        return Collections.unmodifiableSet(added);
    }

    private static void require(boolean holds, LinkRefusal reason, String detail) throws RuleBrokenException {
        if (!holds) {
            throw new RuleBrokenException(reason, detail);
        }
    }
}
