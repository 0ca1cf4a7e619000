package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * The fields of a link that its author signs. A content that exists has the right form; whether it may follow another is up to
 * {@link ChainRules}. Immutable.
 *
 * @param number from 1 to 2^53 - 1, one more than that of the link before
 * @param previous the hash of the link before; {@link ChainDigest#NONE} in the first, and only there
 * @param epoch of the room key that counts after this link
 * @param keyCommitment {@link ChainDigests#roomKeyCommitment} of that key
 * @param keysDigest {@link ChainDigests#sealedKeys} of the keys that come with this link
 * @param actions ordered by endpoint, each endpoint once; at most 6,000
 * @param membersDigest {@link ChainDigests#members} of those who are members after this link
 * @param time to the millisecond, from 1970 to the end of 9999, by the author's clock. For people: the order of links is
 *     that of their numbers, since the clocks of owners differ
 * @param nonce in the first link, and only there
 */
public record LinkContent(
        RoomId room,
        long number,
        ChainDigest previous,
        Epoch epoch,
        ChainDigest keyCommitment,
        ChainDigest keysDigest,
        RoomPolicy policy,
        Subject subject,
        List<LinkAction> actions,
        ChainDigest membersDigest,
        Endpoint author,
        Instant time,
        Optional<CreationNonce> nonce) {

    /** The most actions in a link: as many as a room can have members. */
    public static final int MAX_ACTIONS = ChainState.MAX_MEMBERS;

    /** For {@link MalformedException#what}. */
    static final String WHAT = "room-link";

    static final String LABEL = "unibus room link v1";

    private static final String LABEL_OF_ANY_VERSION = "unibus room link v";
    private static final int MAX_LABEL_LENGTH = 32;
    private static final int MAX_ROOM_LENGTH = 64;
    private static final int MAX_SUBJECT_LENGTH = 255;
    private static final int KEY_BYTES = 32;

    private static final int PLAIN = 0;
    private static final int ENCRYPTED = 1;

    /** The largest number that every JSON reader keeps exactly (RFC 8259, section 6). */
    private static final long MAX_NUMBER = (1L << 53) - 1;

    /** The last millisecond that RFC 3339 can write. */
    private static final long MAX_TIME =
            Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

    /** @throws MalformedException when a component is out of its range, or the first link has what others have */
    public LinkContent {
        actions = List.copyOf(actions);
        require(number >= 1 && number <= MAX_NUMBER, "its number is not one from 1 to 2^53 - 1");
        require(
                (number == 1) == previous.isNone(),
                "the hash of the link before is zero in the first link, and only there");
        require((number == 1) == nonce.isPresent(), "there are random bytes in the first link, and only there");
        requireTime(time);
        requireOrder(actions);
    }

    /** Returns whether a chain begins with it. */
    boolean isFirst() {
        return number == 1;
    }

    /** Returns whether it makes anybody a member. */
    boolean addsAnybody() {
        return actions.stream().anyMatch(LinkAction.Add.class::isInstance);
    }

    /** Returns whether it ends the membership of {@code endpoint}. */
    boolean removes(Endpoint endpoint) {
        return actions.contains(new LinkAction.Remove(endpoint));
    }

    /** Returns whether it ends any membership. */
    boolean removesAnybody() {
        return actions.stream().anyMatch(LinkAction.Remove.class::isInstance);
    }

    /**
     * Returns the bytes that the author signs: these fields in this order, each as its length in two bytes (big endian) and
     * its bytes. They begin with a zero byte and a label with spaces, so that no nonce of a login, no request and no bare
     * digest is ever the text of a link.
     *
     * <ol>
     *   <li>the label and version {@code unibus room link v1} in ASCII
     *   <li>the room id in ASCII
     *   <li>the number, 8 bytes big endian
     *   <li>the hash of the link before, 32 bytes
     *   <li>the epoch, 8 bytes big endian
     *   <li>the commitment to the room key, 32 bytes
     *   <li>the digest of the sealed keys, 32 bytes
     *   <li>the policy, 1 byte: 1 encrypted, 0 not
     *   <li>the subject in ASCII
     *   <li>the number of actions, 2 bytes big endian; then each action in a field of its own, see {@link LinkActionCodec}
     *   <li>the digest of the list of members, 32 bytes
     *   <li>the author's public key, 32 bytes
     *   <li>the time in milliseconds since 1970 (UTC), 8 bytes big endian
     *   <li>in the first link its 16 random bytes, in others nothing: a field of length zero
     * </ol>
     */
    byte[] signedText() {
        FieldWriter fields = new FieldWriter(LABEL)
                .ascii(room.value())
                .number64(number)
                .field(previous)
                .number64(epoch.number())
                .field(keyCommitment)
                .field(keysDigest)
                .number8(policy.encrypted() ? ENCRYPTED : PLAIN)
                .ascii(subject.value());
        LinkActionCodec.write(actions, fields);
        return fields.field(membersDigest)
                .field(author.publicKey())
                .number64(time.toEpochMilli())
                .field(nonce.map(CreationNonce::bytes).orElse(new byte[0]))
                .toBytes();
    }

    /** Reads what {@link #signedText} returns, and leaves the reader behind it. */
    static LinkContent read(FieldReader fields) {
        readLabel(fields);
        RoomId room = new RoomId(fields.ascii("room id", MAX_ROOM_LENGTH));
        long number = fields.number64("number");
        ChainDigest previous = fields.digest("hash of the link before");
        Epoch epoch = new Epoch(fields.number64("epoch"));
        ChainDigest keyCommitment = fields.digest("commitment to the room key");
        ChainDigest keysDigest = fields.digest("digest of the sealed keys");
        RoomPolicy policy = readPolicy(fields);
        Subject subject = new Subject(fields.ascii("subject", MAX_SUBJECT_LENGTH));
        List<LinkAction> actions = LinkActionCodec.read(fields);
        ChainDigest membersDigest = fields.digest("digest of the members");
        Endpoint author = Endpoint.ofPublicKey(fields.field("author", KEY_BYTES));
        Instant time = Instant.ofEpochMilli(fields.number64("time"));
        return new LinkContent(
                room,
                number,
                previous,
                epoch,
                keyCommitment,
                keysDigest,
                policy,
                subject,
                actions,
                membersDigest,
                author,
                time,
                readNonce(fields));
    }

    private static void readLabel(FieldReader fields) {
        String label = fields.ascii("label", MAX_LABEL_LENGTH);
        if (label.equals(LABEL)) {
            return;
        }
        if (label.startsWith(LABEL_OF_ANY_VERSION)) {
            throw fields.malformed("it is of another version than v1, made by newer software: use a newer unibus");
        }
        throw fields.malformed("it does not begin with the label \"" + LABEL + "\"");
    }

    private static RoomPolicy readPolicy(FieldReader fields) {
        return switch (fields.number8("policy")) {
            case PLAIN -> new RoomPolicy(false);
            case ENCRYPTED -> new RoomPolicy(true);
            default -> throw fields.malformed("its policy is not known to this version: use a newer unibus");
        };
    }

    private static Optional<CreationNonce> readNonce(FieldReader fields) {
        byte[] nonce = fields.field("random bytes", 0, CreationNonce.BYTES);
        if (nonce.length == 0) {
            return Optional.empty();
        }
        if (nonce.length != CreationNonce.BYTES) {
            throw fields.malformed("it has " + nonce.length + " random bytes, neither 0 nor " + CreationNonce.BYTES);
        }
        return Optional.of(CreationNonce.of(nonce));
    }

    private static void requireTime(Instant time) {
        require(
                !time.isBefore(Instant.EPOCH) && !time.isAfter(Instant.ofEpochMilli(MAX_TIME)),
                "its time is not one from 1970 to 9999");
        require(time.equals(time.truncatedTo(ChronoUnit.MILLIS)), "its time is not in whole milliseconds");
    }

    private static void requireOrder(List<LinkAction> actions) {
        require(actions.size() <= MAX_ACTIONS, "it has more than " + MAX_ACTIONS + " actions");
        for (int i = 1; i < actions.size(); i++) {
            require(
                    actions.get(i - 1).endpoint().compareTo(actions.get(i).endpoint()) < 0,
                    "its actions are not ordered by endpoint, each endpoint once");
        }
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new MalformedException(WHAT, problem);
        }
    }
}
