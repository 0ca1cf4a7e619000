package io.unibus.protocol.chain;

import io.unibus.protocol.MalformedException;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * One signed change of an encrypted room: created, invited, removed, left, rekeyed; or several of these at once. Its bytes are
 * those that the author signs, {@link LinkContent#signedText}, and a last field with the 64 bytes of the author's Ed25519
 * signature. There is exactly one encoding of a link, and it has about 400 bytes.
 *
 * <p>A link that was read has the right form and nothing more: signature and rules are checked by {@link ChainRules}.
 * Immutable and thread-safe.
 */
public final class RoomLink {
    /** Space for a link with as many actions as there may be, without names. */
    public static final int MAX_BYTES = 256 * 1024;

    /** The length of an Ed25519 signature. */
    public static final int SIGNATURE_BYTES = 64;

    private static final int MAX_TEXT_LENGTH = (MAX_BYTES + 2) / 3 * 4;

    private final LinkContent content;
    private final byte[] bytes;
    /** How many of the bytes are signed. */
    private final int signedLength;

    private final ChainHead place;

    private RoomLink(LinkContent content, byte[] bytes, int signedLength) {
        this.content = content;
        this.bytes = bytes;
        this.signedLength = signedLength;
        this.place = new ChainHead(content.number(), ChainDigest.sha256(bytes));
    }

    /**
     * Reads a link.
     *
     * @param bytes at most {@link #MAX_BYTES}
     * @throws MalformedException when it is truncated, too large, followed by more, of another version, or not the one
     *     encoding of what it says; the message names the field
     */
    public static RoomLink parse(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw malformed("it has " + bytes.length + " bytes, more than " + MAX_BYTES);
        }
        byte[] copy = bytes.clone();
        FieldReader fields = new FieldReader(LinkContent.WHAT, copy);
        LinkContent content = LinkContent.read(fields);
        int signedLength = fields.position();
        fields.field("signature", SIGNATURE_BYTES);
        fields.end();
        return new RoomLink(content, copy, signedLength);
    }

    /**
     * Reads the form in which JSON carries a link: base64url without padding.
     *
     * @throws MalformedException as {@link #parse} does, and when it is anything else
     */
    public static RoomLink parseText(String base64url) {
        if (base64url.length() > MAX_TEXT_LENGTH) {
            throw malformed("it has " + base64url.length() + " characters, more than " + MAX_TEXT_LENGTH);
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(base64url);
        } catch (IllegalArgumentException e) {
            throw malformed("it is not base64url without padding");
        }
        RoomLink link = parse(bytes);
        if (!link.text().equals(base64url)) {
            throw malformed("it is not base64url without padding, or its last character has bits to spare");
        }
        return link;
    }

    /**
     * Signs a content, whatever the rules say of it; {@link LinkDraft} makes links that keep them.
     *
     * @throws MalformedException when the link has more than {@link #MAX_BYTES}
     */
    public static RoomLink sign(LinkContent content, LinkSigner signer) {
        byte[] signed = content.signedText();
        int length = signed.length + 2 + SIGNATURE_BYTES;
        if (length > MAX_BYTES) {
            throw malformed("it would have " + length + " bytes, more than " + MAX_BYTES + ": make two of it");
        }
        byte[] signature = signer.sign(signed.clone());
        if (signature.length != SIGNATURE_BYTES) {
            throw new IllegalArgumentException("an Ed25519 signature has " + SIGNATURE_BYTES + " bytes");
        }
        byte[] bytes = Arrays.copyOf(signed, length);
        bytes[signed.length + 1] = SIGNATURE_BYTES;
        System.arraycopy(signature, 0, bytes, signed.length + 2, SIGNATURE_BYTES);
        return new RoomLink(content, bytes, signed.length);
    }

    public LinkContent content() {
        return content;
    }

    /** Returns the link's number and its hash, which is SHA-256 over all of its bytes, signature included. */
    public ChainHead place() {
        return place;
    }

    public long number() {
        return place.number();
    }

    public ChainDigest hash() {
        return place.hash();
    }

    /** Returns a copy of its bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns its bytes in base64url without padding. */
    public String text() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Returns whether the author has signed it: pure Ed25519 (RFC 8032, section 5.1.7). */
    boolean isSignedByAuthor() {
        byte[] key = content.author().publicKey();
        return Ed25519.verify(bytes, signedLength + 2, key, 0, bytes, 0, signedLength);
    }

    private static MalformedException malformed(String reason) {
        return new MalformedException(LinkContent.WHAT, reason);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RoomLink that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return place.hash().hashCode();
    }

    @Override
    public String toString() {
        return "RoomLink[" + content.room() + " " + place.number() + " " + place.hash() + "]";
    }
}
