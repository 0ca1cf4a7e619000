package io.unibus.store.jetstream;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.RoomId;

/** The value under the key of a subject: the room that has it. It is written in one batch with the record of the room. */
record Reservation(RoomId room) {
    static Reservation fromJson(byte[] bytes) {
        JsonObject json = JsonObject.parse(bytes);
        Reservation reservation = new Reservation(new RoomId(json.requiredString("room_id")));
        json.refuseUnknownFields();
        return reservation;
    }

    byte[] toJson() {
        return JsonWriter.object(json -> json.field("room_id", room.value()));
    }
}
