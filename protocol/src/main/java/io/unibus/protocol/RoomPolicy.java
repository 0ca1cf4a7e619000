package io.unibus.protocol;

/**
 * How a room works.
 *
 * @param encrypted whether messages are end-to-end encrypted; then every member has a sealed key of the current epoch
 */
public record RoomPolicy(boolean encrypted) {
    /** The policy of a room whose creator chose none. */
    public static final RoomPolicy DEFAULT = new RoomPolicy(true);

    static RoomPolicy fromJson(JsonObject json) {
        RoomPolicy policy = new RoomPolicy(json.requiredBoolean("encrypted"));
        json.refuseUnknownFields();
        return policy;
    }

    void writeFields(JsonWriter json) {
        json.field("encrypted", encrypted);
    }
}
