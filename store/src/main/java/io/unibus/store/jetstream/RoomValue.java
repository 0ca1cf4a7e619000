package io.unibus.store.jetstream;

import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import java.util.Optional;

/** What stands under a room's key: the room, or that a creation was called off, which is no room. */
sealed interface RoomValue permits RoomRecord, RoomValue.CalledOff {
    byte[] toJson();

    /** @throws io.unibus.protocol.MalformedException when it has another form, such as that of a newer unibus */
    static RoomValue fromJson(byte[] json) {
        JsonObject object = JsonObject.parse(json);
        Optional<String> calledOff = object.string("void");
        if (calledOff.isEmpty()) {
            return RoomRecord.fromJson(object);
        }
        object.refuseUnknownFields();
        return new CalledOff(calledOff.get());
    }

    /** @param attempt the creation that can no longer succeed */
    record CalledOff(String attempt) implements RoomValue {
        @Override
        public byte[] toJson() {
            return JsonWriter.object(json -> json.field("void", attempt));
        }
    }
}
