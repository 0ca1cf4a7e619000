package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomPolicy;
import io.unibus.protocol.Subject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A link as somebody makes it who does not care for rules: a right one with some parts replaced, signed anew. */
final class EditedLink {
    RoomId room;
    long number;
    ChainDigest previous;
    Epoch epoch;
    ChainDigest keyCommitment;
    ChainDigest keysDigest;
    RoomPolicy policy;
    Subject subject;
    List<LinkAction> actions;
    ChainDigest membersDigest;
    Endpoint author;
    Instant time;
    Optional<CreationNonce> nonce;

    EditedLink(RoomLink link) {
        LinkContent content = link.content();
        room = content.room();
        number = content.number();
        previous = content.previous();
        epoch = content.epoch();
        keyCommitment = content.keyCommitment();
        keysDigest = content.keysDigest();
        policy = content.policy();
        subject = content.subject();
        actions = content.actions();
        membersDigest = content.membersDigest();
        author = content.author();
        time = content.time();
        nonce = content.nonce();
    }

    /** Returns a link after a state that changes nothing yet. */
    static EditedLink after(ChainState before, TestPeer author) {
        EditedLink link = new EditedLink(before.link());
        link.number = before.head().number() + 1;
        link.previous = before.head().hash();
        link.keysDigest = ChainDigest.NONE;
        link.actions = List.of();
        link.author = author.endpoint;
        link.nonce = Optional.empty();
        return link;
    }

    EditedLink actions(LinkAction... changed) {
        actions = Stream.of(changed)
                .sorted(Comparator.comparing(LinkAction::endpoint))
                .toList();
        return this;
    }

    EditedLink members(ChainMember... after) {
        membersDigest = ChainDigests.members(List.of(after));
        return this;
    }

    /** Begins another epoch, with sealed keys that are said to come. */
    EditedLink epoch(long next) {
        epoch = new Epoch(next);
        keyCommitment = ChainDigests.roomKeyCommitment(room, epoch, TestPeer.roomKey(room, epoch));
        keysDigest = someKeys();
        return this;
    }

    EditedLink author(TestPeer peer) {
        author = peer.endpoint;
        return this;
    }

    LinkContent content() {
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
                nonce);
    }

    RoomLink signedBy(LinkSigner signer) {
        return RoomLink.sign(content(), signer);
    }

    static ChainDigest someKeys() {
        return ChainDigest.of(TestPeer.bytes("digest of some sealed keys"));
    }
}
