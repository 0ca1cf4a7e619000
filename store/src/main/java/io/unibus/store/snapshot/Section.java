package io.unibus.store.snapshot;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.Room;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import java.util.Arrays;
import java.util.Optional;

/** The kinds of record, in the order in which they stand in a snapshot. */
public enum Section {
    USERS("users", "user"),
    ROOMS("rooms", "room"),
    MEMBERS("members", "member"),
    SEALED_KEYS("sealed_keys", "sealed_key");

    private final String plural;
    private final String singular;

    Section(String plural, String singular) {
        this.plural = plural;
        this.singular = singular;
    }

    /** The section that a line belongs to, by its first bytes. */
    static Optional<Section> ofLine(byte[] line) {
        return Arrays.stream(values())
                .filter(section -> startsWith(line, "{\"" + section.singular + "\":"))
                .findFirst();
    }

    /** The field that a line of this section consists of. */
    String singular() {
        return singular;
    }

    SnapshotRecord fromJson(JsonObject json) {
        return switch (this) {
            case USERS -> new SnapshotRecord.OfUser(User.fromJson(json));
            case ROOMS -> new SnapshotRecord.OfRoom(Room.fromJson(json));
            case MEMBERS -> SnapshotRecord.OfMember.fromJson(json);
            case SEALED_KEYS -> new SnapshotRecord.OfKey(RoomKey.fromJson(json));
        };
    }

    private static boolean startsWith(byte[] line, String start) {
        for (int i = 0; i < start.length(); i++) {
            if (i == line.length || line[i] != start.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The name of the section in a manifest and for people. */
    @Override
    public String toString() {
        return plural;
    }
}
