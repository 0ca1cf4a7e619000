package io.unibus.protocol.chain;

import io.unibus.protocol.MalformedException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link FieldWriter} writes, strictly: each field has a name and bounds, and nothing may be missing or left
 * over. What is refused is a {@link MalformedException} that names the field. Reads a given array, which it does not copy;
 * not thread-safe.
 */
final class FieldReader {
    private final String what;
    private final byte[] bytes;
    private int position;

    /** @param what the kind of value, for {@link MalformedException#what} */
    FieldReader(String what, byte[] bytes) {
        this.what = what;
        this.bytes = bytes;
    }

    /** Returns the bytes of the next field, of {@code min} to {@code max} bytes. */
    byte[] field(String name, int min, int max) {
        if (bytes.length - position < 2) {
            throw malformed("it ends before its " + name);
        }
        int length = (bytes[position] & 0xff) << 8 | (bytes[position + 1] & 0xff);
        if (length < min || length > max) {
            String wanted = min == max ? String.valueOf(min) : min + " to " + max;
            throw malformed("its " + name + " has " + length + " bytes, not " + wanted);
        }
        int start = position + 2;
        if (bytes.length - start < length) {
            throw malformed("it ends within its " + name);
        }
        position = start + length;
        return Arrays.copyOfRange(bytes, start, position);
    }

    byte[] field(String name, int length) {
        return field(name, length, length);
    }

    ChainDigest digest(String name) {
        return ChainDigest.of(field(name, ChainDigest.BYTES));
    }

    /** Reads a field of one byte. */
    int number8(String name) {
        return field(name, 1)[0] & 0xff;
    }

    /** Reads a field of two bytes, big endian. */
    int number16(String name) {
        return ByteBuffer.wrap(field(name, Short.BYTES)).getShort() & 0xffff;
    }

    /** Reads a field of eight bytes, big endian. Whoever asks checks the range: above 2^63 it is negative. */
    long number64(String name) {
        return ByteBuffer.wrap(field(name, Long.BYTES)).getLong();
    }

    /** Reads ASCII; whoever asks checks the characters further. */
    String ascii(String name, int maxLength) {
        byte[] field = field(name, 1, maxLength);
        for (byte b : field) {
            if (b < 0) {
                throw malformed("its " + name + " is not ASCII");
            }
        }
        return new String(field, StandardCharsets.US_ASCII);
    }

    /** Returns how many bytes the fields have taken that were read so far. */
    int position() {
        return position;
    }

    /** Makes sure that nothing is left over. */
    void end() {
        if (position != bytes.length) {
            throw malformed((bytes.length - position) + " bytes follow after its end");
        }
    }

    /** Decodes UTF-8 as RFC 3629 has it: without overlong forms and surrogates. */
    String utf8(String name, byte[] field, int from) {
        try {
            CharBuffer text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(field, from, field.length - from));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw malformed("its " + name + " is not UTF-8");
        }
    }

    MalformedException malformed(String reason) {
        return new MalformedException(what, reason);
    }
}
