package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The keys of the buckets, both ways. A room id that begins with an underscore is written with an equals sign before it,
 * because keys that begin with an underscore are never records; no room id has an equals sign.
 */
final class Keys {
    private static final String ROOM = "room.";
    private static final String SUBJECT = "subject.";
    private static final String USER = "user.";
    private static final char ESCAPE = '=';

    private Keys() {}

    record OfMember(RoomId room, Endpoint endpoint) {}

    record OfEpoch(RoomId room, Epoch epoch) {}

    /** @param set names the key set */
    record OfSealedKey(RoomId room, Epoch epoch, String set, Endpoint endpoint) {}

    /** Whether it may be the key of a record; the others take fences and marks. */
    static boolean isRecord(String key) {
        return !key.startsWith("_");
    }

    static String room(RoomId room) {
        return ROOM + room;
    }

    static RoomId parseRoom(String key) {
        return new RoomId(after(ROOM, key));
    }

    static String subject(Subject subject) {
        return SUBJECT
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(subject.value().getBytes(StandardCharsets.US_ASCII));
    }

    static boolean isSubject(String key) {
        return key.startsWith(SUBJECT);
    }

    static Subject parseSubject(String key) {
        try {
            return new Subject(
                    new String(Base64.getUrlDecoder().decode(after(SUBJECT, key)), StandardCharsets.US_ASCII));
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw malformed(key);
        }
    }

    static String user(Endpoint endpoint) {
        return USER + endpoint;
    }

    static Endpoint parseUser(String key) {
        return new Endpoint(after(USER, key));
    }

    static String member(RoomId room, Endpoint endpoint) {
        return escaped(room) + "." + endpoint;
    }

    static OfMember parseMember(String key) {
        String[] parts = parts(key, 2);
        return new OfMember(unescaped(parts[0]), new Endpoint(parts[1]));
    }

    static String roomByMember(Endpoint endpoint, RoomId room) {
        return endpoint + "." + room;
    }

    static OfMember parseRoomByMember(String key) {
        String[] parts = parts(key, 2);
        return new OfMember(new RoomId(parts[1]), new Endpoint(parts[0]));
    }

    static String sealedKey(RoomId room, Epoch epoch, String set, Endpoint endpoint) {
        return escaped(room) + "." + epoch + "." + set + "." + endpoint;
    }

    static OfSealedKey parseSealedKey(String key) {
        String[] parts = parts(key, 4);
        return new OfSealedKey(unescaped(parts[0]), Epoch.parse(parts[1]), parts[2], new Endpoint(parts[3]));
    }

    /** Returns the key under which it stands where the sealed keys of an epoch are that is over. */
    static String pastEpoch(RoomId room, Epoch epoch) {
        return escaped(room) + "." + epoch;
    }

    static OfEpoch parsePastEpoch(String key) {
        String[] parts = parts(key, 2);
        return new OfEpoch(unescaped(parts[0]), Epoch.parse(parts[1]));
    }

    static boolean isPastEpoch(String key) {
        return key.split("\\.", -1).length == 2;
    }

    private static String escaped(RoomId room) {
        return room.value().startsWith("_") ? ESCAPE + room.value() : room.value();
    }

    private static RoomId unescaped(String text) {
        return new RoomId(text.startsWith(ESCAPE + "_") ? text.substring(1) : text);
    }

    private static String after(String prefix, String key) {
        if (!key.startsWith(prefix)) {
            throw malformed(key);
        }
        return key.substring(prefix.length());
    }

    private static String[] parts(String key, int number) {
        String[] parts = key.split("\\.", -1);
        if (parts.length != number) {
            throw malformed(key);
        }
        return parts;
    }

    private static MalformedException malformed(String key) {
        return new MalformedException("key", "no record of this version has the key " + key);
    }
}
