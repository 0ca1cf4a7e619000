package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What a sealed room key is for. It opens only where all of this is the same. */
record KeyBinding(RoomId room, Epoch epoch, Endpoint author, Endpoint recipient) {
    private static final byte[] LABEL = "unibus room key v1".getBytes(StandardCharsets.US_ASCII);

    /**
     * The {@code info} of HPKE: five fields in this order, each as its length in two bytes (big endian) and its bytes,
     * so that two bindings that differ never encode alike.
     *
     * <ol>
     *   <li>the label and version {@code unibus room key v1} in ASCII
     *   <li>the room id in ASCII
     *   <li>the epoch, 8 bytes big endian
     *   <li>the recipient's Ed25519 public key, 32 bytes
     *   <li>the author's Ed25519 public key, 32 bytes
     * </ol>
     */
    byte[] info() {
        ByteArrayOutputStream info = new ByteArrayOutputStream();
        append(info, LABEL);
        append(info, room.value().getBytes(StandardCharsets.US_ASCII));
        append(info, ByteBuffer.allocate(Long.BYTES).putLong(epoch.number()).array());
        append(info, recipient.publicKey());
        append(info, author.publicKey());
        return info.toByteArray();
    }

    private static void append(ByteArrayOutputStream info, byte[] field) {
        info.write(field.length >> 8);
        info.write(field.length);
        info.writeBytes(field);
    }
}
