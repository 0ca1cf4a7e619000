package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A member as the record of its room lists it, in about 60 bytes: the 32 bytes of the endpoint's public key in base64url
 * (43 characters), {@code o} for an owner or {@code m}, the time of joining in milliseconds since 1970 to the base 36, and
 * for whoever was invited in the current epoch a dot and the name of the set that holds the sealed key.
 */
record MemberLine(Member member, Optional<String> keySet) {
    private static final int KEY_LENGTH = 43;
    private static final int RADIX = 36;
    private static final char OWNER = 'o';
    private static final char MEMBER = 'm';
    private static final char DOT = '.';

    /** Reads a line. @throws MalformedException when it has another form */
    static MemberLine parse(String line, UnaryOperator<Endpoint> interned) {
        if (line.length() <= KEY_LENGTH + 1) {
            throw malformed(line);
        }
        Endpoint endpoint = interned.apply(parseEndpoint(line.substring(0, KEY_LENGTH)));
        int dot = line.indexOf(DOT, KEY_LENGTH);
        MemberRole role = switch (line.charAt(KEY_LENGTH)) {
            case OWNER -> MemberRole.OWNER;
            case MEMBER -> MemberRole.MEMBER;
            default -> throw malformed(line);
        };
        try {
            long millis = Long.parseLong(line, KEY_LENGTH + 1, dot < 0 ? line.length() : dot, RADIX);
            return new MemberLine(
                    new Member(endpoint, role, Instant.ofEpochMilli(millis)),
                    dot < 0 ? Optional.empty() : Optional.of(line.substring(dot + 1)));
        } catch (NumberFormatException | DateTimeException e) {
            throw malformed(line);
        }
    }

    /** Returns the text that {@link #parse} reads. */
    String text() {
        return text(member.endpoint())
                + (member.isOwner() ? OWNER : MEMBER)
                + Long.toString(member.joinedAt().toEpochMilli(), RADIX)
                + keySet.map(set -> DOT + set).orElse("");
    }

    /** Returns the public key of an endpoint in 43 characters of base64url. */
    static String text(Endpoint endpoint) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(endpoint.publicKey());
    }

    /** Reads what {@link #text(Endpoint)} wrote. @throws MalformedException when it is no public key */
    static Endpoint parseEndpoint(String text) {
        try {
            return Endpoint.ofPublicKey(Base64.getUrlDecoder().decode(text));
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw malformed(text);
        }
    }

    private static MalformedException malformed(String line) {
        return new MalformedException("json", "this is no member of this version: " + line);
    }
}
