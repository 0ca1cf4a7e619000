package io.unibus.protocol.chain;

import java.util.Locale;

/** The rule that a link breaks, as a stable word for programs: {@link #toString}. */
public enum LinkRefusal {
    /** It is a link of another room. */
    OTHER_ROOM,
    /** A link is missing before it, or a room does not begin with it. */
    NUMBER_DOES_NOT_FOLLOW,
    /** The room's id was made by another creator, or with other random bytes, or in another way. */
    ROOM_ID_OF_ANOTHER,
    /** The room that it begins is not encrypted. */
    NOT_ENCRYPTED,
    /** The first link does not make its author an owner, or, of a new room, makes others members too. */
    CREATOR_NOT_SOLE_OWNER,
    /** The policy of a room never changes. */
    POLICY_CHANGED,
    /** The subject of a room never changes. */
    SUBJECT_CHANGED,
    /** The author was no owner before it, and does not only leave. */
    AUTHOR_NOT_OWNER,
    /** The epoch is neither that before it nor the next; in the first link of a new room, it is not 1. */
    EPOCH_DOES_NOT_FOLLOW,
    /** The epoch is new and the commitment to the room key is not. */
    COMMITMENT_NOT_CHANGED,
    /** The commitment to the room key is new and the epoch is not. */
    COMMITMENT_CHANGED,
    /** Who leaves may not choose the key of those who stay. */
    LEAVER_REKEYS,
    /** It changes neither members nor key. */
    NOTHING_CHANGES,
    /** Whom it adds is a member already. */
    MEMBER_EXISTS,
    /** Whom it removes is not a member. */
    MEMBER_NOT_FOUND,
    /** It adds a member while one who has left could still open the current key, or removes one in the same epoch. */
    REKEY_REQUIRED,
    /** No owner would remain. */
    NO_OWNER,
    /** The room would have more members than {@link ChainState#MAX_MEMBERS}. */
    ROOM_FULL,
    /** Somebody needs a sealed key because of it, and none comes with it. */
    KEYS_MISSING,
    /** Nobody needs a sealed key because of it, and it says that some come. */
    KEYS_UNEXPECTED,
    /** The digest is not that of those who are members after it. */
    MEMBERS_DIGEST_WRONG,
    /** Somebody is added whose endpoint is no valid Ed25519 public key: anybody could sign in its name. */
    ENDPOINT_INVALID,
    /** The author did not sign it. */
    SIGNATURE_WRONG;

    /** Returns the word: {@code author-not-owner}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
