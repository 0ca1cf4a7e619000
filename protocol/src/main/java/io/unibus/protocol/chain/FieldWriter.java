package io.unibus.protocol.chain;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Writes fields one after another, each as its length in two bytes (big endian) and its bytes, so that two lists of
 * fields that differ never encode alike. Not thread-safe.
 */
final class FieldWriter {
    /** The longest field whose length two bytes can say. */
    static final int MAX_FIELD_BYTES = 0xffff;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);

    /** @param label ASCII */
    FieldWriter(String label) {
        ascii(label);
    }

    FieldWriter field(byte[] field) {
        if (field.length > MAX_FIELD_BYTES) {
            throw new IllegalArgumentException("a field has at most " + MAX_FIELD_BYTES + " bytes");
        }
        bytes.write(field.length >> 8);
        bytes.write(field.length);
        bytes.writeBytes(field);
        return this;
    }

    FieldWriter field(ChainDigest digest) {
        return field(digest.bytes());
    }

    /** Writes a field of one byte. */
    FieldWriter number8(int value) {
        return field(new byte[] {(byte) value});
    }

    /** Writes a field of two bytes, big endian. */
    FieldWriter number16(int value) {
        return field(new byte[] {(byte) (value >> 8), (byte) value});
    }

    /** Writes a field of eight bytes, big endian. */
    FieldWriter number64(long value) {
        return field(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    }

    FieldWriter ascii(String text) {
        return field(text.getBytes(StandardCharsets.US_ASCII));
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }
}
