package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.RoomId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The names that the imports of one origin give to what they write. They look like the random ones that nodes choose, and
 * are the same in every import of that origin: so an import that ended early is completed by another. Every change by a
 * node brings a name of its own, so that a record tells whether it is still as an import of this origin wrote it.
 *
 * @param origin a migration that has a secret name, or {@link #ANY}
 */
record ImportIds(String origin) {
    /** Whatever no migration writes; nothing of it is ever replaced. */
    static final ImportIds ANY = new ImportIds("");

    private static final int BYTES = 12;

    /** Of the one change that made a user what it is. */
    String user(Endpoint endpoint) {
        return id("user", endpoint.nkey());
    }

    /** Of the change that made this version of a room. */
    String room(RoomId room, long version) {
        return id("room", room + " " + version);
    }

    /** Of the sealed keys of an epoch. */
    String keySet(RoomId room, Epoch epoch) {
        return id("rekey", room + " " + epoch);
    }

    /** Whether an import of this origin wrote the record, and nobody changed it since. */
    boolean made(UserRecord record) {
        String id = user(record.user().endpoint());
        return record.added().equals(id) && record.revoked().map(id::equals).orElse(true);
    }

    /** Whether an import of this origin wrote the record, and nobody changed the room, its members or its keys since. */
    boolean made(RoomRecord record) {
        return record.lastChange().equals(room(record.roomId(), record.version()));
    }

    private String id(String what, String which) {
        byte[] digest =
                sha256(("unibus import 1 " + origin + " " + what + " " + which).getBytes(StandardCharsets.UTF_8));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, BYTES));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
