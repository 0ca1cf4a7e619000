package io.unibus.protocol;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import org.greenbytes.http.sfv.ByteSequenceItem;
import org.greenbytes.http.sfv.ListElement;
import org.greenbytes.http.sfv.ParseException;
import org.greenbytes.http.sfv.Parser;

/** The field {@code Content-Digest} of a body (RFC 9530), in SHA-256. */
public final class ContentDigest {
    /** Its name. */
    public static final String FIELD = "Content-Digest";

    private static final String ALGORITHM = "sha-256";

    private ContentDigest() {}

    /** Returns the value of the field for a body. */
    public static String of(byte[] body) {
        return ALGORITHM + "=" + ByteSequenceItem.valueOf(sha256(body)).serialize();
    }

    /**
     * Returns whether a body has the digest that a field says.
     *
     * @throws MalformedException when the field holds no digest in SHA-256
     */
    public static boolean matches(String field, byte[] body) {
        Map<String, ListElement<?>> digests;
        try {
            digests = Parser.parseDictionary(field).get();
        } catch (ParseException e) {
            throw new MalformedException(
                    "content-digest", "it is no dictionary of structured fields (RFC 9651): " + e.getMessage());
        }
        if (digests.get(ALGORITHM) instanceof ByteSequenceItem digest) {
            return ByteBuffer.wrap(sha256(body)).equals(digest.get());
        }
        throw new MalformedException("content-digest", "it must hold a digest in " + ALGORITHM + " (RFC 9530)");
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }
}
