package io.unibus.store.jetstream;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.RoomId;

/**
 * That a subject is a room's, or will be if its creation succeeds.
 *
 * @param attempt identifies the creation
 */
record Reservation(RoomId room, String attempt) {
    static Reservation fromJson(byte[] bytes) {
        JsonObject json = JsonObject.parse(bytes);
        Reservation reservation =
                new Reservation(new RoomId(json.requiredString("room_id")), json.requiredString("attempt"));
        json.refuseUnknownFields();
        return reservation;
    }

    byte[] toJson() {
        return JsonWriter.object(json -> {
            json.field("room_id", room.value());
            json.field("attempt", attempt);
        });
    }
}
